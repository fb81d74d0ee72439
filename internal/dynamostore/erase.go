package dynamostore

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
)

// A room's words are more than one transaction, or one function, can empty. So
// they go slice by slice, and the room's item carries the work from one to the
// next: its end marks it, each slice moves how far it came, and each change of
// the marked item is brought by the table's stream, which makes it the next
// slice's order. The last slice takes the mark away.

// Attributes of a deleted room's item.
const (
	attrErased = "erased" // the seq up to which no words are left
	attrErase  = "erase"  // eraseMore while there may be words, else absent
)

// eraseMore is what the stream's records are picked by.
const eraseMore = "more"

// DecodeErasure reads from a deleted room's item, as the table's stream shows
// it, what EraseRoom is to be called with.
func DecodeErasure(image map[string]events.DynamoDBAttributeValue) (room chat.RoomID, after chat.Seq, err error) {
	it := itemOf(image)
	room, after = chat.RoomID(it.text("room")), chat.Seq(it.number(attrErased))
	if it.key() != roomKey(room) || it.text(attrErase) != eraseMore {
		return "", 0, chat.Errorf(chat.CodeInternal, "not the item of a room with words to empty")
	}
	return room, after, nil
}

// EraseRoom empties the words of a deleted room in at most budget entries (at
// least 1, a page of 1 MB at most) that follow the one at after. It changes the
// room's item when it has: by that change the stream brings the next slice.
//
// It does nothing unless the room's words are emptied up to after and no
// further, so that of an order that comes twice one at most leads on. A call
// that failed, or was cut off in the middle, is to be made again; it skips what
// is empty. CodeUnavailable as everywhere.
//
// Nothing brings words back meanwhile: what could write them carries a slot
// before the end of the log, and those are taken.
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
	// Where the condition does not hold, this slice's like was done meanwhile.
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
