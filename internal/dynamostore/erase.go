package dynamostore

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
)

// One transaction, or one invocation of a function, cannot empty all words of a
// room. So they are emptied slice by slice, and the room's item keeps the progress:
// the deletion of the room marks the item, and each slice records how far it came.
// The table's stream delivers each change of a marked item, and that starts the next
// slice. The last slice removes the mark.

// Attributes of a deleted room's item.
const (
	attrErased = "erased" // the seq up to which no words are left
	attrErase  = "erase"  // eraseMore while there may be words, else absent
)

// eraseMore is the value by which the stream's records are filtered.
const eraseMore = "more"

// DecodeErasure reads the arguments of EraseRoom from a deleted room's item, as the
// table's stream shows it.
func DecodeErasure(image map[string]events.DynamoDBAttributeValue) (room chat.RoomID, after chat.Seq, err error) {
	it := itemOf(image)
	room, after = chat.RoomID(it.text("room")), chat.Seq(it.number(attrErased))
	if it.key() != roomKey(room) || it.text(attrErase) != eraseMore {
		return "", 0, chat.Errorf(chat.CodeInternal, "not the item of a room with words to empty")
	}
	return room, after, nil
}

// EraseRoom empties the words of the entries that follow after in a deleted room: at
// most budget (at least 1) of them, and at most a page of 1 MB. Then it changes the
// room's item, and by that change the stream starts the next slice.
//
// It does nothing unless the room's words are emptied up to after and no further,
// so that a record that is delivered twice starts at most one next slice. A call
// that failed, or was cut off, is to be repeated; it skips entries that are empty.
// CodeUnavailable as everywhere.
//
// Nothing writes words again meanwhile: a write that could do so carries a slot
// before the end of the log, and those slots are taken.
func (s *Store) EraseRoom(ctx context.Context, room chat.RoomID, after chat.Seq, budget int) error {
	err := s.eraseSlice(ctx, room, after, budget)
	return chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("erase %s after %d", room, after))
}

func (s *Store) eraseSlice(ctx context.Context, room chat.RoomID, after chat.Seq, budget int) error {
	items, err := s.table.get(ctx, roomKey(room))
	if err != nil {
		return err
	}
	if it := items[0]; it.text(attrErase) != eraseMore || it.number(attrErased) != int64(after) {
		return nil
	}
	p, err := s.table.query(ctx, span{
		pk: roomPartition(room), first: entrySort(after + 1), last: entrySort(maxSeq), limit: budget,
	})
	if err != nil {
		return err
	}
	if err := parallel(len(p.items), func(i int) error { return s.eraseWords(ctx, p.items[i]) }); err != nil {
		return err
	}
	reached := after
	if n := len(p.items); n > 0 {
		reached = chat.Seq(p.items[n-1].number("seq"))
	}
	clauses := []clause{set(attrErased, number(reached))}
	if !p.isCut {
		clauses = append(clauses, remove(attrErase))
	}
	// If the condition does not hold, the same slice was done meanwhile.
	_, _, err = s.change(ctx, change{
		key: roomKey(room), clauses: clauses,
		only: []condition{{name: attrErased, is: equal, value: number(after), orAbsent: after == 0}},
	})
	return err
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
