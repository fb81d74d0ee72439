package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/maru-chat/maru/internal/chat"
)

// defects are stores that each break one promise, and the rules that must notice
// it.
var defects = []struct {
	name     string
	sabotage func(*brokenLog)
	rules    []string
}{
	{"ignores the basis", func(b *brokenLog) {
		b.append = func(ctx context.Context, d *chat.Draft, _ *chat.Scanned) (chat.Appended, error) {
			now := b.head(ctx, d.Room)
			return b.Memory.Append(ctx, d, &now)
		}
	}, []string{
		"refuses a draft whose basis an entry before the scan touched",
		"refuses a draft whose basis an entry after the scan touched",
		"lets a deleted room break every basis",
	}},
	{"checks the basis against the scan only", func(b *brokenLog) {
		b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
			now := b.head(ctx, d.Room)
			now.Passed = scanned.Passed
			return b.Memory.Append(ctx, d, &now)
		}
	}, []string{"refuses a draft whose basis an entry after the scan touched", "returns a copy that landed after the scan"}},
	{"takes reactions for changes of a post", func(b *brokenLog) {
		b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
			for _, e := range scanned.Passed {
				if e.Kind == chat.KindReactionSet {
					return chat.Appended{}, chat.Errorf(chat.CodeConflict, "over-careful")
				}
			}
			return b.Memory.Append(ctx, d, scanned)
		}
	}, []string{"accepts a draft when what passed touches other things"}},
	{"writes a resend again", func(b *brokenLog) {
		b.scan = func(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
			scanned, err := b.Memory.Scan(ctx, d)
			scanned.Found = nil
			return scanned, err
		}
	}, []string{
		"returns the stored entry to a resend, whatever the resend says",
		"returns the stored entry to a resend by an author removed since",
		"finds the copy after a raised since that does not step over it",
	}},
	{"answers a resend with what it says", func(b *brokenLog) {
		b.scan = func(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
			scanned, err := b.Memory.Scan(ctx, d)
			if scanned.Found != nil {
				scanned.Found.Content = d.Content
			}
			return scanned, err
		}
	}, []string{"returns the stored entry to a resend, whatever the resend says"}},
	{"scans without end", func(b *brokenLog) {
		b.scan = func(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
			scanned, err := b.Memory.Scan(ctx, d)
			if chat.CodeOf(err) == chat.CodeStale {
				return b.head(ctx, d.Room), nil
			}
			return scanned, err
		}
	}, []string{
		"looks at 256 entries after since and not at the 257th",
		"refuses a cursor that is not of this log as stale with reset",
	}},
	{"keeps At in seconds", func(b *brokenLog) {
		b.read = func(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
			page, err := b.Memory.Read(ctx, room, after, limit)
			for i := range page.Entries {
				page.Entries[i].At = page.Entries[i].At.Truncate(time.Second)
			}
			return page, err
		}
	}, []string{"lets At rise strictly in whole milliseconds whatever the clock does"}},
	{"says that there is more one entry too early", func(b *brokenLog) {
		b.read = func(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
			page, err := b.Memory.Read(ctx, room, after, limit)
			page.More = len(page.Entries) == limit
			return page, err
		}
	}, []string{"pages forward at 0, 1, limit and limit+1 entries"}},
	{"reads exclusively", func(b *brokenLog) {
		b.read = func(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
			page, err := b.Memory.Read(ctx, room, after, limit)
			page.From = nil
			return page, err
		}
	}, []string{"pages forward at 0, 1, limit and limit+1 entries", "shows an edited body in the log and in history"}},
	{"reads pages of any size", func(b *brokenLog) {
		b.read = func(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
			page, err := b.Memory.Read(ctx, room, after, limit)
			for err == nil && page.More && len(page.Entries) < limit {
				var next chat.LogPage
				next, err = b.Memory.Read(ctx, room, page.Entries[len(page.Entries)-1].Cursor(), limit-len(page.Entries))
				page.Entries, page.More = append(page.Entries, next.Entries...), next.More
			}
			return page, err
		}
	}, []string{"cuts a page at about 1 MB and says that there is more"}},
	{"composes what people write", func(b *brokenLog) {
		b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
			composed := *d
			composed.Text = norm.NFC.String(d.Text)
			appended, err := b.Memory.Append(ctx, &composed, scanned)
			appended.Entry.Text = d.Text
			return appended, err
		}
	}, []string{"keeps every legal text byte by byte"}},
	{"keeps deleted words", func(b *brokenLog) {
		var written []string
		b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
			written = append(written, d.Text)
			return b.Memory.Append(ctx, d, scanned)
		}
		b.stored = func(testing.TB, chat.RoomID) string { return strings.Join(written, "\n") }
	}, []string{
		"keeps none of a deleted post's words in its storage",
		"empties every post, edit and topic of a deleted room",
	}},
	{"loses the last reaction", func(b *brokenLog) {
		b.history = func(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
			page, err := b.Memory.History(ctx, room, before, limit)
			for i := range page.Posts {
				p := &page.Posts[i]
				p.Reactions = p.Reactions[:max(0, len(p.Reactions)-1)]
			}
			return page, err
		}
	}, []string{"loses no reaction of many users at once", "sets and removes reactions of several users and emoji"}},
	{"answers with an older page of history under a newer cursor", func(b *brokenLog) {
		var first chat.HistoryPage
		b.history = func(ctx context.Context, room chat.RoomID, before chat.Seq, limit int) (chat.HistoryPage, error) {
			page, err := b.Memory.History(ctx, room, before, limit)
			if first.Posts == nil {
				first.Posts = slices.Clone(page.Posts)
			}
			page.Posts = slices.Clone(first.Posts)
			return page, err
		}
	}, []string{"folds a history page forward from its cursor to the present"}},
	{"gives a direct room to its first creator alone", func(b *brokenLog) {
		b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
			appended, err := b.Memory.Append(ctx, d, scanned)
			if appended.Existed && appended.Entry.Author != d.Author {
				return chat.Appended{}, chat.Errorf(chat.CodeConflict, "taken")
			}
			return appended, err
		}
	}, []string{"returns a direct room to whichever of the two creates it second"}},
	{"does not hear that the caller has gone", func(b *brokenLog) {
		b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
			return b.Memory.Append(context.WithoutCancel(ctx), d, scanned)
		}
	}, []string{"tells by a later scan whether a cancelled append was written"}},
}

func TestRunLog_NoticesDefects(t *testing.T) {
	for _, defect := range defects {
		t.Run(defect.name, func(t *testing.T) {
			t.Parallel()
			for _, rule := range defect.rules {
				c := findCase(t, rule)
				if !fails(t, func(t testing.TB) { c.run(t, testOf(newBrokenLog(defect.sabotage))) }) {
					t.Errorf("the case %q did not notice", rule)
				}
			}
		})
	}
}

func findCase(t *testing.T, rule string) logCase {
	t.Helper()
	for _, c := range logCases {
		if c.rule == rule {
			return c
		}
	}
	t.Fatalf("no case %q", rule)
	return logCase{}
}

func testOf(b *brokenLog) *logTest {
	return &logTest{harness: &LogHarness{}, LogStore: LogStore{
		Log: b, FindRooms: b.FindRooms, Post: b.Post, FindMembers: b.FindMembers, Mentions: b.Mentions, Marks: b.Marks,
		Second: func(testing.TB) chat.Log { return b }, Stored: b.stored,
	}}
}
