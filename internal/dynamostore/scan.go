package dynamostore

import (
	"context"
	"fmt"
	"math"

	"github.com/maru-chat/maru/internal/chat"
)

// Scan is chat.Log's.
func (s *Store) Scan(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
	// One entry more than MaxScan shows whether there are more.
	run, err := s.from(ctx, d.Room, d.Since, chat.MaxScan+1, allPages)
	switch {
	case err != nil || run.isEmpty():
		return chat.Scanned{}, err
	case run.isForeign:
		return chat.Scanned{}, s.stale(ctx, d.Room, true)
	}
	return s.scanned(ctx, d, run)
}

// scanned looks for the draft's own copy among the entries read.
func (s *Store) scanned(ctx context.Context, d *chat.Draft, run run) (chat.Scanned, error) {
	found := run.find(d.Author, d.ID)
	if len(run.after) <= chat.MaxScan {
		return chat.Scanned{Head: run.head(), Passed: touching(run.after), Found: found}, nil
	}
	if found == nil {
		return chat.Scanned{}, s.stale(ctx, d.Room, false)
	}
	head, err := s.head(ctx, d.Room)
	if err != nil {
		return chat.Scanned{}, err
	}
	return chat.Scanned{Head: head, Passed: touching(run.after[:chat.MaxScan]), Found: found}, nil
}

func touching(entries []chat.Entry) []chat.Entry {
	var kept []chat.Entry
	for i := range entries {
		if len(chat.Touches(&entries[i])) > 0 {
			kept = append(kept, entries[i])
		}
	}
	return kept
}

// run is a stretch of a log after a cursor.
type run struct {
	at        *chat.Entry // the entry at the cursor, nil at 0
	after     []chat.Entry
	isCut     bool // entries follow
	isForeign bool // the cursor is not of this log
}

func (r *run) isEmpty() bool { return r.at == nil && len(r.after) == 0 && !r.isForeign }

func (r *run) head() chat.Head {
	if n := len(r.after); n > 0 {
		return r.after[n-1].Head()
	}
	return r.at.Head()
}

func (r *run) find(author chat.UserID, id chat.EntryID) *chat.Entry {
	for i := range r.after {
		if e := &r.after[i]; e.Author == author && e.ID == id {
			return e
		}
	}
	return nil
}

// from reads at most limit entries after the cursor, and the one at it. The
// zero run and no error for a room without a log.
func (s *Store) from(ctx context.Context, room chat.RoomID, after chat.Cursor, limit, pages int) (run, error) {
	entries, isCut, err := s.entries(ctx, room, max(after.Seq, 1), limit+1, pages)
	if err != nil {
		return run{}, err
	}
	if after.Seq == 0 {
		isCut = isCut || len(entries) > limit
		return run{after: entries[:min(len(entries), limit)], isCut: isCut}, nil
	}
	if len(entries) == 0 {
		head, err := s.head(ctx, room)
		return run{isForeign: head.Seq > 0}, err
	}
	at := &entries[0]
	return run{at: at, after: entries[1:], isCut: isCut, isForeign: at.Cursor() != after}, nil
}

// How many pages of 1 MB entries may read.
const (
	onePage  = 1
	allPages = math.MaxInt
)

// entries reads the log from the seq on, at most limit entries. isCut says that
// more may follow.
func (s *Store) entries(ctx context.Context, room chat.RoomID, first chat.Seq, limit, pages int) (found []chat.Entry, isCut bool, err error) {
	for isCut = true; isCut && pages > 0 && len(found) <= limit; pages-- {
		next := first + chat.Seq(len(found))
		// One entry more than asked: DynamoDB reports every page that ends at its limit
		// as cut, whether or not more follow.
		p, err := s.table.query(ctx, span{
			pk: roomPartition(room), first: entrySort(next), last: entrySort(maxSeq), limit: limit + 1 - len(found),
		})
		if err != nil {
			return nil, false, chat.Wrap(err, chat.CodeUnavailable, fmt.Sprintf("read %s from %d", room, next))
		}
		decoded, hasHole, err := decodeRun(p.items, next)
		if err != nil {
			return nil, false, err
		}
		found = append(found, decoded...)
		if hasHole {
			return found[:min(len(found), limit)], true, nil
		}
		isCut = p.isCut
	}
	return found[:min(len(found), limit)], isCut, nil
}

// decodeRun reads entries up to the first that does not follow the one before. A
// query reads each item by itself: it may pass a slot just before that slot is
// written, and still see the next one. The entries before the hole are the log
// as it was.
func decodeRun(items []item, next chat.Seq) (entries []chat.Entry, hasHole bool, err error) {
	for _, it := range items {
		e, err := entryOf(it)
		if err != nil {
			return nil, false, err
		}
		if e.Seq != next {
			return entries, true, nil
		}
		entries = append(entries, e)
		next++
	}
	return entries, false, nil
}

// head reads the newest entry of a room; the zero Head when there is none.
func (s *Store) head(ctx context.Context, room chat.RoomID) (chat.Head, error) {
	p, err := s.table.query(ctx, span{
		pk: roomPartition(room), first: entrySort(1), last: entrySort(maxSeq), isBackward: true, limit: 1,
	})
	if err != nil || len(p.items) == 0 {
		return chat.Head{}, chat.Wrap(err, chat.CodeUnavailable, "head of "+string(room))
	}
	e, err := entryOf(p.items[0])
	return e.Head(), err
}

// stale returns the refusal of a cursor, with the head to go on from. A room that
// no longer exists has none.
func (s *Store) stale(ctx context.Context, room chat.RoomID, reset bool) error {
	head, err := s.head(ctx, room)
	if err != nil {
		return err
	}
	return chat.Stale(head.Cursor, reset)
}
