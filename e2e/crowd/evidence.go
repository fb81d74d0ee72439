package crowd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Evidence is all that is known of one room once nothing changes any more.
type Evidence struct {
	Room chat.RoomID
	// Log is the room's log as the home returns it, from the beginning.
	Log []chat.Entry
	// Posts are the room's posts with the state that the home keeps of them, as
	// Reader sees them.
	Posts  []wire.Post
	Reader chat.UserID
	// Sent has the entries that people sent, with their outcomes.
	Sent []Sent
	// Views are the entries that each person's client holds.
	Views map[chat.UserID][]chat.Entry
}

// Sent is one entry that somebody sent.
type Sent struct {
	Author  chat.UserID
	ID      chat.EntryID
	Content chat.Content
	// Ack is the acknowledgement, Err the refusal; one of them is set.
	Ack *wire.Ack
	Err error
	// Sendings counts how often it was sent over a connection.
	Sendings int
}

// name identifies an entry in its room.
type name struct {
	author chat.UserID
	id     chat.EntryID
}

// Judge returns everything in the evidence that breaks a promise; nil if nothing
// does.
func (e *Evidence) Judge() error {
	found, err := e.judgeLog()
	if err != nil {
		return err // the rest would only repeat it
	}
	fold := foldOf(e.Log)
	faults := []error{e.judgeWords(fold), e.judgePosts(fold)}
	for _, sent := range e.Sent {
		faults = append(faults, e.judgeSent(sent, found))
	}
	for user, view := range e.Views {
		faults = append(faults, e.judgeView(user, view, fold))
	}
	return errors.Join(faults...)
}

// judgeLog checks that the log is 1…n, with rising times and unique names. It
// returns the seqs of the entries by name.
func (e *Evidence) judgeLog() (map[name]chat.Seq, error) {
	found := map[name]chat.Seq{}
	for i := range e.Log {
		entry := &e.Log[i]
		if want := chat.Seq(i + 1); entry.Seq != want {
			return nil, fmt.Errorf("room %s: entry %d stands where %d belongs", e.Room, entry.Seq, want)
		}
		if i > 0 && !entry.At.After(e.Log[i-1].At) {
			return nil, fmt.Errorf("room %s: entry %d is not later than the one before it", e.Room, entry.Seq)
		}
		key := name{entry.Author, entry.ID}
		if first := found[key]; first > 0 {
			return nil, fmt.Errorf("room %s: entries %d and %d are the same entry %s of %s", e.Room, first, entry.Seq, entry.ID, entry.Author)
		}
		found[key] = entry.Seq
	}
	return found, nil
}

// judgeSent compares the outcome of a sent entry with the log.
func (e *Evidence) judgeSent(sent Sent, found map[name]chat.Seq) error {
	what := fmt.Sprintf("room %s: %s entry %s of %s", e.Room, sent.Content.Kind, sent.ID, sent.Author)
	seq := found[name{sent.Author, sent.ID}]
	switch {
	case sent.Err != nil && seq > 0:
		return fmt.Errorf("%s was refused (%w) and stands at %d", what, sent.Err, seq)
	case sent.Err != nil:
		return nil
	case sent.Ack == nil:
		return fmt.Errorf("%s was never answered", what)
	case sent.Ack.Seq < 1 || int(sent.Ack.Seq) > len(e.Log):
		return fmt.Errorf("%s was acknowledged at %d, past the end %d", what, sent.Ack.Seq, len(e.Log))
	case sent.Ack.Cursor == nil && seq > 0:
		return fmt.Errorf("%s was acknowledged as not needed and stands at %d", what, seq)
	case sent.Ack.Cursor == nil:
		return nil
	case seq == 0:
		return fmt.Errorf("%s was acknowledged at %d and is lost", what, sent.Ack.Seq)
	case seq != sent.Ack.Seq:
		return fmt.Errorf("%s was acknowledged at %d and stands at %d", what, sent.Ack.Seq, seq)
	case e.Log[seq-1].Kind != sent.Content.Kind || e.Log[seq-1].Post != sent.Content.Post:
		return fmt.Errorf("%s became another entry: %s", what, e.Log[seq-1].Kind)
	}
	return nil
}

// judgeWords folds the log with the words that people sent, and compares the posts.
// People never send the same words twice, so two posts with the same words are one
// that was duplicated.
func (e *Evidence) judgeWords(fold *chat.Fold) error {
	texts := map[name]string{}
	for _, sent := range e.Sent {
		texts[name{sent.Author, sent.ID}] = sent.Content.Text
	}
	told := chat.NewFold()
	for _, entry := range e.Log {
		if text, isSent := texts[name{entry.Author, entry.ID}]; isSent {
			entry.Text = text
		}
		told.Apply(&entry)
	}
	first := map[string]chat.Seq{}
	for seq, post := range fold.Posts {
		if want := told.Posts[seq].Text; post.Text != want {
			return fmt.Errorf("room %s: post %d says %q where %q was sent", e.Room, seq, post.Text, want)
		}
		if other := first[post.Text]; other > 0 && post.Text != "" {
			return fmt.Errorf("room %s: posts %d and %d both say %q", e.Room, other, seq, post.Text)
		}
		first[post.Text] = seq
	}
	return nil
}

// judgePosts compares the state that the home keeps of posts with the fold.
func (e *Evidence) judgePosts(fold *chat.Fold) error {
	if len(e.Posts) != len(fold.Posts) {
		return fmt.Errorf("room %s: the history has %d posts, the log %d", e.Room, len(e.Posts), len(fold.Posts))
	}
	for i := range e.Posts {
		post := fold.Posts[e.Posts[i].Seq]
		if post == nil {
			return fmt.Errorf("room %s: post %d of the history is not in the log", e.Room, e.Posts[i].Seq)
		}
		got, errGot := json.Marshal(e.Posts[i])
		want, errWant := json.Marshal(wire.PostOf(post, e.Reader))
		if err := errors.Join(errGot, errWant); err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("room %s: the history shows\n%s where the log makes\n%s", e.Room, got, want)
		}
	}
	return nil
}

// judgeView compares a client's entries, and their fold, with the log. An entry's
// words may be older than those in the log, where a later edit or deletion has
// changed them; the folds have to be equal.
func (e *Evidence) judgeView(user chat.UserID, view []chat.Entry, fold *chat.Fold) error {
	if len(view) != len(e.Log) {
		return fmt.Errorf("room %s: %s holds %d entries, the log %d", e.Room, user, len(view), len(e.Log))
	}
	for i := range view {
		got, want := view[i], e.Log[i]
		got.Text, want.Text = "", ""
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("room %s: %s holds another entry %d (-log +view)\n%s", e.Room, user, i+1, cmp.Diff(want, got))
		}
	}
	if got := foldOf(view); !reflect.DeepEqual(got, fold) {
		return fmt.Errorf("room %s: %s sees (-log +view)\n%s", e.Room, user, cmp.Diff(fold, got))
	}
	return nil
}

func foldOf(entries []chat.Entry) *chat.Fold {
	fold := chat.NewFold()
	for i := range entries {
		fold.Apply(&entries[i])
	}
	return fold
}
