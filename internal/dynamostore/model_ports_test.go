package dynamostore

import (
	"context"
	"errors"
	"maps"

	"github.com/maru-chat/maru/internal/chat"
)

// The ports that the model check's service uses beside the store. Methods that it
// does not call are left to the embedded nil interface.

type modelRooms struct{ *Store }

func (modelRooms) Public(context.Context, chat.RoomID, int) ([]chat.Room, error) { return nil, nil }

type modelMembers struct{ *Store }

func (modelMembers) ListMembers(context.Context, chat.RoomID, chat.UserID, int) ([]chat.Member, error) {
	return nil, nil
}

type modelAccounts struct{ chat.Accounts }

func (modelAccounts) User(_ context.Context, id chat.UserID) (chat.User, error) {
	return chat.User{ID: id, Name: string(id), Version: 1}, nil
}

type modelAudience struct{}

func (modelAudience) Gather(context.Context, chat.RoomID) (chat.Listeners, error) {
	return chat.Listeners{}, nil
}
func (modelAudience) Publish(context.Context, chat.Listeners, chat.Event)       {}
func (modelAudience) Tell(context.Context, chat.UserID, chat.Event)             {}
func (modelAudience) Evict(context.Context, chat.RoomID, chat.UserID, chat.Seq) {}
func (modelAudience) Present(context.Context, chat.RoomID) ([]chat.Presence, error) {
	return nil, nil
}

// variant wraps the real code so that it breaks a rule; the zero variant is the real
// code alone.
type variant struct {
	name string
	// log and table wrap what the processes work with.
	log   func(chat.Log) chat.Log
	table func(table) table
	// isBlind lets clients raise since to a head that they have not read up to.
	isBlind bool
}

func (v *variant) onLog(l chat.Log) chat.Log {
	if v.log == nil {
		return l
	}
	return v.log(l)
}

func (v *variant) onTable(t table) table {
	if v.table == nil {
		return t
	}
	return v.table(t)
}

// brokenVariants are the four that the model check must be able to tell from
// the real code.
var brokenVariants = []variant{
	{name: "blind since", isBlind: true},
	{name: "skipped slot", table: func(t table) table { return slotSkipper{t} }},
	{name: "undecided to next slot", table: func(t table) table { return hastyTable{t} }},
	{name: "basis ignored", log: func(l chat.Log) chat.Log { return basisIgnorer{l} }},
}

// slotSkipper makes the walk try head+2 after a lost slot.
type slotSkipper struct{ table }

func (t slotSkipper) commit(ctx context.Context, slot item, changes []change) (item, error) {
	taken, err := t.table.commit(ctx, slot, changes)
	if err != nil || taken == nil {
		return taken, err
	}
	skipped := maps.Clone(taken)
	skipped["seq"] = number(taken.number("seq") + 1)
	return skipped, nil
}

// basisIgnorer appends whatever the draft relied on.
type basisIgnorer struct{ chat.Log }

func (l basisIgnorer) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	careless := *d
	careless.Basis = nil
	return l.Log.Append(ctx, &careless, scanned)
}

// hastyTable treats an undecided attempt as a lost slot.
type hastyTable struct{ table }

func (t hastyTable) commit(ctx context.Context, slot item, changes []change) (item, error) {
	taken, err := t.table.commit(ctx, slot, changes)
	if !errors.Is(err, errUndecided) {
		return taken, err
	}
	somebody := maps.Clone(slot)
	somebody["by"], somebody["kind"] = text("somebody"), text(string(chat.KindRenamed))
	return somebody, nil
}
