package dynamostore

import (
	"context"

	"github.com/maru-chat/maru/internal/chat"
)

// attrErased is on a deleted room: the seq up to which no words are left.
const attrErased = "erased"

// EraseRoom empties the words of a room that was deleted: at most budget entries
// of it (at least 1) in one call, a page of 1 MB at most. It reports whether
// there is more to do; the next call, by whomever, goes on where this one came
// to, and a call that failed is made again. CodeNotFound when there is no such
// room, CodeConflict when it was not deleted, CodeUnavailable as everywhere.
//
// Nothing brings words back meanwhile: what could write them carries a slot
// before the end of the log, and those are taken.
func (s *Store) EraseRoom(ctx context.Context, room chat.RoomID, budget int) (more bool, err error) {
	items, err := s.table.get(ctx, roomKey(room))
	switch {
	case err != nil:
		return false, chat.Wrap(err, chat.CodeUnavailable, "erase "+string(room))
	case items[0] == nil:
		return false, chat.Errorf(chat.CodeNotFound, "no such room")
	case !items[0].flag(attrDeleted):
		return false, chat.Errorf(chat.CodeConflict, "the room was not deleted")
	}
	p, err := s.table.query(ctx, span{
		pk: roomPartition(room), first: entrySort(chat.Seq(items[0].number(attrErased)) + 1), last: entrySort(maxSeq), limit: budget,
	})
	if err != nil || len(p.items) == 0 {
		return false, chat.Wrap(err, chat.CodeUnavailable, "erase "+string(room))
	}
	if err := parallel(len(p.items), func(i int) error { return s.eraseWords(ctx, p.items[i]) }); err != nil {
		return false, chat.Wrap(err, chat.CodeUnavailable, "erase "+string(room))
	}
	reached := p.items[len(p.items)-1]["seq"]
	_, _, err = s.change(ctx, change{
		key: roomKey(room), clauses: []clause{set(attrErased, reached)},
		only: []condition{{name: attrErased, is: less, value: reached, orAbsent: true}},
	})
	return p.isCut, chat.Wrap(err, chat.CodeUnavailable, "erase "+string(room))
}

// eraseWords empties an entry, if it says anything.
func (s *Store) eraseWords(ctx context.Context, entry item) error {
	if entry["text"] == nil {
		return nil
	}
	_, _, err := s.change(ctx, change{
		key: entry.key(), clauses: []clause{remove("text")}, only: ofKind(chat.Kind(entry.text(attrKind))),
	})
	return err
}
