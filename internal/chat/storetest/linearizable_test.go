package storetest

import (
	"context"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

func TestRunLinearizable_NoticesDefects(t *testing.T) {
	seed := chattest.Seed(t)
	run := func(t testing.TB, log chat.Log) {
		RunLinearizable(t, LinearizableHarness{Seed: seed, Ops: 40, Open: func(testing.TB) chat.Log { return log }})
	}
	t.Run("passes a store without defects", func(t *testing.T) {
		run(t, newBrokenLog(func(*brokenLog) {}))
	})
	t.Run("an undecided append that is written again", func(t *testing.T) {
		log := newBrokenLog(func(b *brokenLog) {
			b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
				first, err := b.Memory.Append(ctx, d, scanned)
				if d.Kind == chat.KindCreated || first.Entry.Seq%5 != 0 || err != nil {
					return first, err
				}
				next := chat.Scanned{Head: first.Entry.Head()}
				return b.Memory.Append(ctx, d, &next)
			}
		})
		if !fails(t, func(t testing.TB) { run(t, log) }) {
			t.Error("not noticed")
		}
	})
	t.Run("a read that lags one entry behind", func(t *testing.T) {
		log := newBrokenLog(func(b *brokenLog) {
			b.read = func(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (chat.LogPage, error) {
				page, err := b.Memory.Read(ctx, room, after, limit)
				if after.Seq > 0 { // the last look at the whole log is right
					page.Entries = page.Entries[:max(0, len(page.Entries)-1)]
				}
				return page, err
			}
		})
		if !fails(t, func(t testing.TB) { run(t, log) }) {
			t.Error("not noticed")
		}
	})
	t.Run("an acknowledgement of another seq", func(t *testing.T) {
		log := newBrokenLog(func(b *brokenLog) {
			b.append = func(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
				appended, err := b.Memory.Append(ctx, d, scanned)
				if appended.Entry.Seq == 7 {
					appended.Entry.Seq++
				}
				return appended, err
			}
		})
		if !fails(t, func(t testing.TB) { run(t, log) }) {
			t.Error("not noticed")
		}
	})
}
