package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// lossWait times the number of slots lost times a random number in [0, 1) is how
// long a walk waits, so that senders spread over about the time that the ones
// before them needed.
const lossWait = 20 * time.Millisecond

// maxLosses bounds the losses that count towards the wait. Where new senders keep
// coming, some have always lost nothing yet: a sender that waited longer with
// every loss would starve.
const maxLosses = 10

// freeLosses is the number of losses from which on the walk waits. After the first
// loss it tries the next slot at once, because most of the time there is only one
// other sender.
const freeLosses = 2

// maxToken is as large as the numbers that Random can tell apart.
const maxToken = 1 << 53

// maxActions is how many items one DynamoDB transaction may touch.
const maxActions = 100

// walk takes one draft to its slot. It tries the slot after the newest entry
// that it has seen, and advances only over entries that it has seen: so there is
// never a hole, and never a second copy after the first.
type walk struct {
	store *Store
	draft *chat.Draft
	// token is stored in the item, so that a walk can tell its own item from a copy
	// of the draft that another walk wrote.
	token int64

	head   chat.Head    // the newest entry seen; the slot after it is tried
	passed []chat.Entry // entries seen since the scan that touch something
	lost   int          // slots found taken since the scan
	// undecided counts attempts at the current slot whose outcome is not known.
	undecided int
	// copied is the draft's own entry, once the walk has found it in the log.
	copied *chat.Entry
}

// Append is chat.Log's.
func (s *Store) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	ctx, done := within(ctx)
	defer done()
	if d.Kind == chat.KindCreated {
		return s.create(ctx, d)
	}
	if scanned.Head.Seq == 0 {
		return chat.Appended{}, chat.Errorf(chat.CodeNotFound, "no such room")
	}
	w := s.newWalk(d, scanned.Head)
	if d.Basis.BrokenByAny(scanned.Passed) {
		return chat.Appended{}, w.conflict()
	}
	appended, err := w.run(ctx)
	if err == nil {
		s.followMark(&appended.Entry)
	}
	return appended, err
}

func (s *Store) newWalk(d *chat.Draft, head chat.Head) *walk {
	return &walk{store: s, draft: d, head: head, token: int64(s.random() * maxToken)}
}

// create tries slot 1 and no other.
func (s *Store) create(ctx context.Context, d *chat.Draft) (chat.Appended, error) {
	w := s.newWalk(d, chat.Head{})
	for {
		appended, isTaken, err := w.try(ctx)
		switch {
		case errors.Is(err, errUndecided):
			if err := w.hold(ctx, err); err != nil {
				return chat.Appended{}, err
			}
		case err != nil:
			return chat.Appended{}, w.failed(err)
		case isTaken && !w.isOwn(&appended.Entry) && !d.Room.IsDirect():
			return chat.Appended{}, w.conflict()
		default:
			return appended, nil
		}
	}
}

// run tries slots until the entry stands in one.
func (w *walk) run(ctx context.Context) (chat.Appended, error) {
	for w.copied == nil {
		appended, isTaken, err := w.try(ctx)
		switch {
		case errors.Is(err, errUndecided):
			err = w.hold(ctx, err)
		case err != nil:
			err = w.failed(err)
		case !isTaken || w.isOwn(&appended.Entry):
			appended.Passed = w.passed
			return appended, nil
		default:
			err = w.stepOver(ctx, &appended.Entry)
		}
		if err != nil {
			return chat.Appended{}, err
		}
	}
	return chat.Appended{Entry: *w.copied, Existed: true, Passed: w.passed}, nil
}

// try puts the draft into the slot after the head. When the slot is taken it
// returns the entry that stands there, which is this walk's own if an earlier
// try came through after all.
func (w *walk) try(ctx context.Context) (in chat.Appended, isTaken bool, err error) {
	entry := w.head.Next(w.draft)
	if entry.Seq > maxSeq {
		return in, false, chat.Errorf(chat.CodeTooLarge, "the room is full")
	}
	changes, err := w.changes(ctx, &entry)
	if err != nil {
		return in, false, err
	}
	slot := entryItem(&entry)
	slot[attrWalk] = number(w.token)
	setPush(slot, w.draft)
	taken, err := w.store.table.commit(ctx, slot, changes)
	if errors.Is(err, errUnmet) { // only changes of a post have a condition
		err = w.unmet()
	}
	if err != nil || taken == nil {
		return chat.Appended{Entry: entry}, false, err
	}
	in.Existed = taken.number(attrWalk) != w.token
	in.Entry, err = entryOf(taken)
	return in, true, err
}

// unmet is the error for a condition on the post that did not hold. A deletion has
// read the post before, so what differs is its edits: it is to read them again.
func (w *walk) unmet() error {
	if w.draft.Kind == chat.KindDeleted {
		return fmt.Errorf("%w: the post has other edits than were read", errUndecided)
	}
	return errNoPost
}

// changes lists what is committed with the entry. A plain post has none: its
// author's mark follows on its own, and the post stays one write.
func (w *walk) changes(ctx context.Context, e *chat.Entry) ([]change, error) {
	erased, err := w.erased(ctx, e)
	if err != nil {
		return nil, err
	}
	changes := effects(e, erased)
	if len(changes) > 0 {
		changes = append(changes, markChanges(e)...)
	}
	if 1+len(changes) > maxActions {
		return nil, chat.Errorf(chat.CodeTooLarge, "too many people at once")
	}
	return changes, nil
}

// erased lists the entries that a deletion empties. The post is read again for
// each try. An edit that this read misses takes the slot; or, if its transaction
// was still under way, the deletion's condition on the post's edits fails.
func (w *walk) erased(ctx context.Context, e *chat.Entry) ([]chat.Seq, error) {
	if e.Kind != chat.KindDeleted {
		return nil, nil
	}
	post, err := w.store.Post(ctx, e.Room, e.Post)
	if err != nil {
		return nil, err
	}
	return chat.ErasedBy(&post), nil
}

// stepOver goes past the entry that took the slot. From freeLosses on it also
// waits, and then reads the entries that follow.
func (w *walk) stepOver(ctx context.Context, taken *chat.Entry) error {
	if err := w.pass(taken); err != nil || w.copied != nil {
		return err
	}
	if w.lost < freeLosses {
		return nil
	}
	wait := time.Duration(w.store.random() * float64(min(w.lost, maxLosses)) * float64(lossWait))
	if err := w.store.sleep(ctx, wait); err != nil {
		return w.unavailable(err)
	}
	return w.catchUp(ctx)
}

// catchUp passes every entry after the head.
func (w *walk) catchUp(ctx context.Context) error {
	for {
		run, isCut, err := w.store.entries(ctx, w.draft.Room, w.head.Seq+1, chat.MaxPage, allPages)
		if err != nil {
			return w.failed(err)
		}
		for i := range run {
			if err := w.pass(&run[i]); err != nil || w.copied != nil {
				return err
			}
		}
		if !isCut || len(run) == 0 {
			return nil
		}
	}
}

// pass takes note of the entry after the head: it is the draft's own copy, or
// breaks the draft's basis, or becomes the new head.
func (w *walk) pass(e *chat.Entry) error {
	if w.isOwn(e) {
		w.copied = e
		return nil
	}
	w.head, w.undecided = e.Head(), 0
	w.lost++
	if len(chat.Touches(e)) > 0 {
		w.passed = append(w.passed, *e)
	}
	if w.draft.Basis.BrokenBy(e) {
		return w.conflict()
	}
	return nil
}

func (w *walk) isOwn(e *chat.Entry) bool {
	return e.Author == w.draft.Author && e.ID == w.draft.ID
}

// hold waits before the same slot is tried again.
func (w *walk) hold(ctx context.Context, cause error) error {
	w.undecided++
	if err := w.store.wait(ctx, w.undecided, cause); err != nil {
		return w.unavailable(err)
	}
	return nil
}

// failed returns the walk's error for a cause other than errUndecided. After an
// undecided attempt the cause does not tell whether the entry was written.
func (w *walk) failed(err error) error {
	if w.undecided > 0 {
		return w.unavailable(err)
	}
	return chat.Wrap(err, chat.CodeInternal, w.name())
}

func (w *walk) unavailable(cause error) error {
	return &chat.Error{
		Code: chat.CodeUnavailable, Msg: "not known to be written: send it again",
		Err: fmt.Errorf("%s: %w", w.name(), cause), RetryAfter: w.store.retryAfter(),
	}
}

func (w *walk) conflict() error {
	err := chat.Errorf(chat.CodeConflict, "the room has changed")
	err.Err = errors.New(w.name())
	return err
}

func (w *walk) name() string {
	return fmt.Sprintf("append %s by %s after %s", w.draft.ID, w.draft.Author, entryKey(w.draft.Room, w.head.Seq).sk)
}
