package wsserver

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Limits bound how many connections may be open at once. A zero is no bound.
type Limits struct {
	// PerUser counts the connections of a user who signed in. One more takes the
	// place of the one that is missed least: refusing it would shut out the page
	// that the user looks at now.
	PerUser int
	// PerAddress counts all connections of an address. One more is refused.
	PerAddress int
}

// crowdedWait is when one who was refused may try again.
const crowdedWait = 30 * time.Second

var errCrowded = &chat.Error{
	Code: chat.CodeRateLimited, Msg: "too many connections from this address: close some, or try again later",
	RetryAfter: crowdedWait,
}

// The methods below are called with the hub's lock held.

// isCrowded reports whether the address has all the connections that it may.
func (h *Hub) isCrowded(address string) bool {
	return h.limits.PerAddress > 0 && h.addresses[address] >= h.limits.PerAddress
}

// count adds to the connections of an address.
func (h *Hub) count(address string, n int) {
	if h.addresses[address] += n; h.addresses[address] == 0 {
		delete(h.addresses, address)
	}
}

// spare picks the connection that makes room for one more of its user: a hidden
// page before one that is looked at, then the one that was quiet for longest. It
// is nil while there is room, and for classic users, whom anybody may claim to
// be: a stranger must not push them out.
func (h *Hub) spare(user chat.UserID) *connection {
	if h.limits.PerUser == 0 || user.IsClassic() {
		return nil
	}
	open := 0
	var chosen *connection
	for _, c := range h.users[user] {
		if c.isParting.Load() {
			continue
		}
		open++
		if chosen == nil || c.isMissedLess(chosen) {
			chosen = c
		}
	}
	if open < h.limits.PerUser {
		return nil
	}
	return chosen
}

func (c *connection) isMissedLess(other *connection) bool {
	if isHidden := c.isHidden.Load(); isHidden != other.isHidden.Load() {
		return isHidden
	}
	return c.heard.Load() < other.heard.Load()
}

// makeWay parts from a connection as from an idle one: its page comes back when
// somebody looks at it.
func (c *connection) makeWay() {
	if c != nil {
		c.part(wire.ReasonIdle)
	}
}
