package wsserver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadlines(t *testing.T) {
	t.Parallel()
	with := func(rule string, check func(t *testing.T, d *deadlines, stop context.CancelFunc)) {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				check(t, &deadlines{parent: ctx}, stop)
			})
		})
	}
	with("gives every message its time and little more", func(t *testing.T, d *deadlines, _ context.CancelFunc) {
		for range 20 {
			ctx, began := d.context(), time.Now()
			go func() {
				<-ctx.Done()
				if took := time.Since(began); took < handleWait || took > handleWait+sharing {
					t.Errorf("ended after %v", took)
				}
			}()
			time.Sleep(sharing / 3)
		}
		time.Sleep(handleWait + sharing)
		synctest.Wait()
	})
	with("gives messages that come together one context", func(t *testing.T, d *deadlines, _ context.CancelFunc) {
		first := d.context()
		time.Sleep(sharing - time.Nanosecond)
		if d.context() != first {
			t.Error("the second message has a context of its own")
		}
		time.Sleep(time.Nanosecond)
		if d.context() == first {
			t.Error("a later message has the same context")
		}
	})
	with("ends with its parent", func(t *testing.T, d *deadlines, stop context.CancelFunc) {
		ctx := d.context()
		stop()
		if ctx.Err() == nil {
			t.Error("the context goes on")
		}
	})
}
