package dynamostore

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Attributes of users and tickets beside the fields of package record.
const (
	attrUnverified = "unverified"
	attrOperator   = "operator"
	attrBanned     = "banned" // microseconds
	attrEnds       = "ends"   // microseconds
	attrUses       = "uses"
)

func userItem(u *chat.User) item {
	it := newItem(accountKey(u.ID))
	it["user"], it[attrVersion] = text(string(u.ID)), number(u.Version)
	it.setText("name", u.Name)
	it.setTime(attrCreated, u.CreatedAt)
	it.setTime(attrBanned, u.BannedAt)
	it.setFlag(attrUnverified, u.IsUnverified)
	it.setFlag(attrOperator, u.IsOperator)
	return it
}

// userOf returns the zero User for no item.
func userOf(it item) chat.User {
	return chat.User{
		ID: chat.UserID(it.text("user")), Name: it.text("name"), CreatedAt: it.time(attrCreated),
		IsUnverified: it.flag(attrUnverified), IsOperator: it.flag(attrOperator),
		BannedAt: it.time(attrBanned), Version: it.number(attrVersion),
	}
}

func ticketItem(t *chat.Ticket) item {
	it := newItem(ticketKey(t.Hash))
	it[attrKind], it[attrVersion] = text(string(t.Kind)), number(t.Version)
	it[attrUses] = number(t.UsesLeft)
	it.setText("user", string(t.User))
	it.setText("room", string(t.Room))
	it.setText("role", string(t.Role))
	it.setTime(attrEnds, t.ExpiresAt)
	it[attrExpires] = number(t.ExpiresAt.Add(chat.TicketGrace).Unix())
	return it
}

func ticketOf(hash string, it item) chat.Ticket {
	return chat.Ticket{
		Hash: hash, Kind: chat.TicketKind(it.text(attrKind)), User: chat.UserID(it.text("user")),
		Room: chat.RoomID(it.text("room")), Role: chat.Role(it.text("role")),
		ExpiresAt: it.time(attrEnds), UsesLeft: int(it.number(attrUses)), Version: it.number(attrVersion),
	}
}

// setTime keeps whole microseconds, and of the zero time nothing.
func (it item) setTime(name string, t time.Time) {
	if !t.IsZero() {
		it[name] = number(t.UnixMicro())
	}
}

func (it item) time(name string) time.Time {
	if it[name] == nil {
		return time.Time{}
	}
	return time.UnixMicro(it.number(name)).UTC()
}

func (it item) setFlag(name string, value bool) {
	if value {
		it[name] = flag()
	}
}
