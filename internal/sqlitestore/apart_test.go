package sqlitestore_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// spoil changes something that must not stay.
const spoil = `UPDATE rooms SET title = 'spoilt'`

func TestStore_oneJobFails(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		fail func() error
		want chat.Code // of its neighbours
	}{
		"by an error":                  {func() error { return errors.New("a defect") }, ""},
		"by a panic":                   {func() error { panic("a defect") }, ""},
		"by what fails the others too": {func() error { return chat.Errorf(chat.CodeUnavailable, "the disk is full") }, chat.CodeUnavailable},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			s, dir := open(t)
			r := newRoom(t, s, "r-one")
			first, second := r.draft(chat.Content{Kind: chat.KindPosted, Text: "하나"}), r.draft(chat.Content{Kind: chat.KindPosted, Text: "둘"})
			appending := func(d *chat.Draft) func() error {
				return func() error {
					_, err := s.Append(t.Context(), d, &chat.Scanned{Head: chat.Head{Cursor: d.Since}})
					return err
				}
			}
			errs := atOnce(t, s,
				func() error { _, err := s.SaveUser(t.Context(), chat.User{ID: "u", Name: "가람"}); return err },
				appending(first),
				func() error {
					return s.Write(t.Context(), func(run func(string) error) error {
						if err := run(spoil); err != nil {
							return err
						}
						return c.fail()
					})
				},
				func() error { _, err := s.SaveUser(t.Context(), chat.User{ID: "v", Name: "나래"}); return err },
				appending(second),
			)
			if errs[2] == nil {
				t.Error("the broken job succeeded")
			}
			for _, i := range []int{0, 1, 3, 4} {
				if got := chat.CodeOf(errs[i]); got != c.want {
					t.Errorf("job %d: %v, want %q", i, errs[i], c.want)
				}
			}
			wantNoTrace(t, s, dir, c.want == "")
		})
	}
}

// wantNoTrace checks that the sound jobs of the batch are all done, or that none
// is, and that nothing of the broken job stayed.
func wantNoTrace(t *testing.T, s *sqlitestore.Store, dir string, isDone bool) {
	t.Helper()
	page, err := s.Read(t.Context(), "r-one", chat.Cursor{}, 10)
	if err != nil || (len(page.Entries) == 3) != isDone {
		t.Errorf("%d entries, %v", len(page.Entries), err)
	}
	for _, id := range []chat.UserID{"u", "v"} {
		if u, err := s.User(t.Context(), id); err != nil || (u.Version == 1) != isDone {
			t.Errorf("user %+v, %v", u, err)
		}
	}
	if err := check(t, dir); err != nil {
		t.Errorf("something of the broken job stayed: %v", err)
	}
}

// atOnce puts the jobs into one batch, in order: it holds the writer in another
// job until all of them are queued.
func atOnce(t *testing.T, s *sqlitestore.Store, jobs ...func() error) []error {
	t.Helper()
	reached, release := make(chan struct{}), make(chan struct{})
	errs := make([]error, len(jobs))
	var doing sync.WaitGroup
	doing.Go(func() {
		if err := s.Write(t.Context(), func(func(string) error) error { close(reached); <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-reached
	for i, job := range jobs {
		doing.Go(func() { errs[i] = job() })
		for s.Queued() <= i {
			runtime.Gosched()
		}
	}
	close(release)
	doing.Wait()
	return errs
}
