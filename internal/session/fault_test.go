package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// The audience fails here for all ports: the session sees their errors through the
// service.
func TestHandler_faults(t *testing.T) {
	t.Parallel()
	const secretText = "password=hunter2"
	head := chat.Cursor{Seq: 9, Tag: "01234567"}
	wireHead := wire.Cursor(head)
	plain := func(code chat.Code) *wire.Error {
		return &wire.Error{Code: code, Message: "for people"}
	}
	stale := plain(chat.CodeStale)
	stale.Head = &wireHead
	limited := plain(chat.CodeRateLimited)
	limited.RetryAfterMS = 1001
	unavailable := plain(chat.CodeUnavailable)
	unavailable.RetryAfterMS = 1001
	hidden := &wire.Error{Code: chat.CodeInternal, Message: "something went wrong on our side"}
	cases := map[chat.Code]struct {
		want    *wire.Error
		isFault bool
	}{
		chat.CodeInvalid:         {want: plain(chat.CodeInvalid)},
		chat.CodeUnauthenticated: {want: plain(chat.CodeUnauthenticated)},
		chat.CodeForbidden:       {want: plain(chat.CodeForbidden)},
		chat.CodeNotFound:        {want: plain(chat.CodeNotFound)},
		chat.CodeConflict:        {want: plain(chat.CodeConflict)},
		chat.CodeStale:           {want: stale},
		chat.CodeTooLarge:        {want: plain(chat.CodeTooLarge)},
		chat.CodeRateLimited:     {want: limited},
		chat.CodeUnavailable:     {want: unavailable, isFault: true},
		chat.CodeInternal:        {want: hidden, isFault: true},
		"novel":                  {want: hidden, isFault: true},
	}
	for _, code := range append(chat.Codes, "novel") {
		t.Run("tells the client of "+string(code), func(t *testing.T) {
			t.Parallel()
			c, has := cases[code]
			if !has {
				t.Fatal("the table has no row for this code")
			}
			fails := &chat.Error{Code: code, Msg: "for people", Err: errors.New(secretText)}
			switch code {
			case chat.CodeStale:
				fails.Head = head
			case chat.CodeRateLimited, chat.CodeUnavailable:
				fails.RetryAfter = time.Second + time.Microsecond
			}
			want := *c.want
			want.Ref, want.Room = "1", lobby
			got, fault := failing(t, fails)
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Error(diff)
			}
			if (fault != nil) != c.isFault {
				t.Errorf("the log hears %v", fault)
			}
		})
	}
	t.Run("shows the text of an unknown error to the log alone", func(t *testing.T) {
		t.Parallel()
		got, fault := failing(t, errors.New(secretText))
		if got.Code != chat.CodeUnavailable || strings.Contains(got.Message, secretText) {
			t.Errorf("answered %+v", got)
		}
		if fault == nil || !strings.Contains(fault.Error(), secretText) || !strings.Contains(fault.Error(), `join in room "lobby"`) {
			t.Errorf("the log hears %v", fault)
		}
	})
}

// failing joins the lobby while its audience fails, and returns the refusal and the
// error for the log.
func failing(t *testing.T, err error) (*wire.Error, error) {
	t.Helper()
	w := newWorld(t)
	w.Audience.Fail(err)
	frames, fault := w.try(t, w.alice, `{"action":"join","ref":"1","room":"lobby"}`)
	if len(frames) != 1 {
		t.Fatalf("answered %+v", frames)
	}
	return frames[0].(*wire.Error), fault
}

func TestHandler_panics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.Service.Service
	broken := *good
	broken.Now = func() time.Time { panic("a person's words") }
	*good = broken
	frames, fault := w.try(t, w.alice,
		fmt.Sprintf(`{"action":"send","ref":"1","room":"lobby","id":"a","since":%q,"text":"x"}`, w.head(t)),
		`{"action":"hide","ref":"2","hidden":true}`)
	if len(frames) != 2 || frames[1].Type() != "ack" {
		t.Fatalf("answered %+v", frames)
	}
	want := &wire.Error{Answer: wire.Answer{Ref: "1"}, Code: chat.CodeInternal, Message: "something went wrong on our side", Room: lobby}
	if diff := cmp.Diff(want, frames[0]); diff != "" {
		t.Error(diff)
	}
	if fault == nil || !strings.Contains(fault.Error(), "fault_test.go") || strings.Contains(fault.Error(), "words") {
		t.Errorf("the log must hear where it was, and not what it panicked with: %v", fault)
	}
}
