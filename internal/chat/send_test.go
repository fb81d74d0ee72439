package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

func TestService_Send(t *testing.T) {
	t.Parallel()
	t.Run("writes an entry and publishes it with its author's name", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		text := "점심 뭐 먹을까?\n\t짬뽕!"
		w := h.must(h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: text}))
		if w.Existed || w.Entry.Text != text || w.Entry.Kind != chat.KindPosted || w.Entry.Seq != w.Seq {
			t.Errorf("written %+v", w)
		}
		deliveries := h.Audience.Delivered()
		pushed, isEntry := deliveries[len(deliveries)-1].Event.(*chat.EntryAppended)
		want := &chat.EntryAppended{Entry: *w.Entry, AuthorName: "name of ann"}
		if diff := cmp.Diff(want, pushed, cmpopts.EquateEmpty()); !isEntry || diff != "" {
			t.Errorf("published (-want +got):\n%s", diff)
		}
	})
	t.Run("publishes what it passed since its author's cursor", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		w := h.write("ann")
		scanned := h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "bob"}))
		var raced chat.Written
		race(func() {
			raced = h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "rea"}))
			h.Audience.Reset()
		})
		h.must(h.Send(t.Context(), "ann", chat.Send{Write: w, Text: "점심"}))
		var passed []chat.Seq
		for _, e := range h.Audience.Delivered()[0].Event.(*chat.EntryAppended).Passed {
			passed = append(passed, e.Seq)
		}
		if diff := cmp.Diff([]chat.Seq{scanned.Seq, raced.Seq}, passed); diff != "" {
			t.Errorf("passed (-want +got):\n%s", diff)
		}
	})
	t.Run("refuses by role", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			visibility chat.Visibility
			user       chat.UserID
			want       chat.Code
		}{
			{chat.Public, "rea", chat.CodeForbidden},
			{chat.Public, "eve", chat.CodeForbidden},
			{chat.Private, "rea", chat.CodeForbidden},
			{chat.Private, "eve", chat.CodeNotFound}, // for her there is no such room
		} {
			h := newHouse(t, c.visibility, nil)
			before := h.head()
			w, err := h.Send(t.Context(), c.user, chat.Send{Write: h.write(c.user), Text: "x"})
			h.refused(before, c.want, w, err)
		}
	})
	t.Run("refuses what breaks a bound", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		many := make([]chat.UserID, chat.MaxMentions+1)
		for i := range many {
			many[i] = chat.UserID(fmt.Sprint("u", i))
		}
		for rule, c := range map[string]struct {
			send chat.Send
			want chat.Code
		}{
			"empty":           {chat.Send{Text: ""}, chat.CodeInvalid},
			"blank":           {chat.Send{Text: " \n\u200b\u3164"}, chat.CodeInvalid},
			"too long":        {chat.Send{Text: strings.Repeat("가", chat.MaxText+1)}, chat.CodeTooLarge},
			"not UTF-8":       {chat.Send{Text: "a\xff"}, chat.CodeInvalid},
			"null":            {chat.Send{Text: "a\x00"}, chat.CodeInvalid},
			"escape":          {chat.Send{Text: "\x1b[31m"}, chat.CodeInvalid},
			"many mentions":   {chat.Send{Text: "x", Mentions: many}, chat.CodeTooLarge},
			"a mention twice": {chat.Send{Text: "x", Mentions: []chat.UserID{"bob", "bob"}}, chat.CodeInvalid},
			"no such post":    {chat.Send{Text: "x", ReplyTo: 999}, chat.CodeNotFound},
			"not a post":      {chat.Send{Text: "x", ReplyTo: 1}, chat.CodeNotFound},
			"negative post":   {chat.Send{Text: "x", ReplyTo: -1}, chat.CodeInvalid},
		} {
			before := h.head()
			c.send.Write = h.write("ann")
			w, err := h.Send(t.Context(), "ann", c.send)
			h.refused(before, c.want, w, err)
			if t.Failed() {
				t.Fatal(rule)
			}
		}
		h.must(h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: strings.Repeat("🎉", chat.MaxText)}))
	})
	t.Run("refuses invalid ids and unknown rooms", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		for _, c := range []struct {
			write chat.Write
			want  chat.Code
		}{
			{chat.Write{Room: "a b", ID: "1"}, chat.CodeInvalid},
			{chat.Write{Room: "", ID: "1"}, chat.CodeInvalid},
			{chat.Write{Room: hall, ID: "a/b", Since: h.head()}, chat.CodeInvalid},
			{chat.Write{Room: "nowhere", ID: "1"}, chat.CodeNotFound},
		} {
			w, err := h.Send(t.Context(), "ann", chat.Send{Write: c.write, Text: "x"})
			h.refused(h.head(), c.want, w, err)
		}
	})
	t.Run("mentions members and leaves strangers out", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		w := h.must(h.Send(t.Context(), "ann", chat.Send{
			Write: h.write("ann"), Text: "@bob @eve", Mentions: []chat.UserID{"bob", "eve"}, All: true,
		}))
		if diff := cmp.Diff([]chat.UserID{"bob"}, w.Entry.Mentions); diff != "" {
			t.Error(diff)
		}
		rooms, err := h.MyRooms(t.Context(), "bob")
		if err != nil || rooms[0].Unread.Mentions != 2 {
			t.Errorf("bob's rooms: %+v, %v; want a mention and an @all", rooms, err)
		}
	})
}

func TestService_Send_exactlyOnce(t *testing.T) {
	t.Parallel()
	t.Run("answers a resend with the entry that exists, whatever it says now", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		write := h.write("ann")
		first := h.must(h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "one"}))
		h.send("bob", "two")
		again := h.must(h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "another"}))
		if !again.Existed || again.Seq != first.Seq || again.Entry.Text != "one" {
			t.Errorf("resend = %+v", again)
		}
	})
	t.Run("answers a resend by an author who was removed, banned or limited since", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		write := h.write("ann")
		first := h.must(h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "one"}))
		h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "ann"}))
		h.Limiter.Refuse("writes:ann", time.Minute)
		again := h.must(h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "one"}))
		if !again.Existed || again.Seq != first.Seq {
			t.Errorf("resend = %+v", again)
		}
		before := h.head()
		w, err := h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "a last word"})
		h.refused(before, chat.CodeNotFound, w, err)
	})
	t.Run("answers a resend when the first send and its author's removal land between its reads", func(t *testing.T) {
		t.Parallel()
		var reads meanwhile
		h := newHouse(t, chat.Private, func(p *chat.Ports) { reads.Log, p.Log = p.Log, &reads })
		h.Together = chat.InTurn // the scan comes first
		write := h.write("ann")
		var first chat.Written
		reads.afterScan = func() {
			first = h.must(h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "one"}))
			h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "ann"}))
		}
		again := h.must(h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "one"}))
		if !again.Existed || again.Seq != first.Seq {
			t.Errorf("resend = %+v, first %+v", again, first)
		}
	})
	t.Run("answers unavailable, not a refusal, when it could not look for the entry again", func(t *testing.T) {
		t.Parallel()
		var faults *chattest.FaultStore
		h := newHouse(t, chat.Public, func(p *chat.Ports) {
			faults = chattest.NewFaultStore(p.Log.(*chattest.Memory))
			p.Log = faults
		})
		faults.Fail(chattest.OpScan, 2, chattest.NotSaved)
		_, err := h.Send(t.Context(), "eve", chat.Send{Write: h.write("eve"), Text: "one"})
		if chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("got %v, want unavailable", err)
		}
	})
	t.Run("says stale with the head to a member who is too far behind", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Private, nil)
		old := h.write("ann")
		for i := range chat.MaxScan + 1 {
			h.send("bob", fmt.Sprint("noise ", i))
		}
		_, err := h.Send(t.Context(), "ann", chat.Send{Write: old, Text: "x"})
		var e *chat.Error
		if !errors.As(err, &e) || e.Code != chat.CodeStale || e.Head != h.head() || e.Reset {
			t.Errorf("got %+v, want stale with %s", e, h.head())
		}
		// A stranger does not even learn that there is a head.
		_, err = h.Send(t.Context(), "eve", chat.Send{Write: old, Text: "x"})
		if chat.CodeOf(err) != chat.CodeNotFound {
			t.Errorf("a stranger got %v", err)
		}
	})
	t.Run("says stale to a newcomer whose cursor is too old, in a public room", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		old := h.write("eve")
		for i := range chat.MaxScan + 1 {
			h.send("bob", fmt.Sprint("noise ", i))
		}
		if _, err := h.Join(t.Context(), "eve", old); chat.CodeOf(err) != chat.CodeStale {
			t.Errorf("got %v, want stale: a join may have been acknowledged before", err)
		}
	})
	t.Run("says reset to a cursor of another log", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		write := h.write("ann")
		write.Since.Tag = "00000000"
		_, err := h.Send(t.Context(), "ann", chat.Send{Write: write, Text: "x"})
		var e *chat.Error
		if !errors.As(err, &e) || e.Code != chat.CodeStale || !e.Reset {
			t.Errorf("got %+v, want a reset", e)
		}
	})
}

func TestService_Send_rate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	h.Limiter.Refuse("writes:ann", 1500*time.Millisecond)
	before := h.head()
	w, err := h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "x"})
	h.refused(before, chat.CodeRateLimited, w, err)
	var e *chat.Error
	if errors.As(err, &e); e.RetryAfter != 1500*time.Millisecond {
		t.Errorf("retry after %v", e.RetryAfter)
	}
	h.send("bob", "others are not limited")
}

// meanwhile is a Log that lets something happen between the next scan and the
// other reads of a decision.
type meanwhile struct {
	chat.Log
	afterScan func()
}

func (l *meanwhile) Scan(ctx context.Context, d *chat.Draft) (chat.Scanned, error) {
	scanned, err := l.Log.Scan(ctx, d)
	if others := l.afterScan; others != nil {
		l.afterScan = nil
		others()
	}
	return scanned, err
}

func TestService_Send_races(t *testing.T) {
	t.Parallel()
	t.Run("lets no removed member slip in a last word", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		race(func() { h.must(h.Remove(t.Context(), "mod", chat.Remove{Write: h.write("mod"), User: "ann"})) })
		_, err := h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "x"})
		if chat.CodeOf(err) != chat.CodeForbidden {
			t.Errorf("got %v, want forbidden", err)
		}
	})
	t.Run("lets nobody write into a deleted room", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		race(func() { h.must(h.DeleteRoom(t.Context(), "olga", h.write("olga"))) })
		_, err := h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "x"})
		if chat.CodeOf(err) != chat.CodeNotFound {
			t.Errorf("got %v, want not found", err)
		}
	})
	t.Run("is not stopped by posts, reactions and names of others", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		post := h.send("bob", "hello")
		race(func() {
			h.send("bob", "me first")
			h.must(h.React(t.Context(), "bob", chat.React{Write: h.write("bob"), Post: post, Emoji: "👍"}))
		})
		w := h.must(h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "x"}))
		if w.Seq != post+3 {
			t.Errorf("landed at %d, want %d", w.Seq, post+3)
		}
	})
	t.Run("gives up after five decisions and says that it may be tried again", func(t *testing.T) {
		t.Parallel()
		log := &interleaved{}
		h := newHouse(t, chat.Public, func(p *chat.Ports) { log.Log, p.Log = p.Log, log })
		decisions := 0
		log.before = func(d *chat.Draft) {
			if d.Author != "ann" {
				return
			}
			decisions++ // and her role changes anew before each of her appends
			role := []chat.Role{chat.RoleMember, chat.RoleModerator}[decisions%2]
			h.must(h.SetRole(t.Context(), "olga", chat.SetRole{Write: h.write("olga"), User: "ann", Role: role}))
		}
		_, err := h.Send(t.Context(), "ann", chat.Send{Write: h.write("ann"), Text: "x"})
		if chat.CodeOf(err) != chat.CodeUnavailable || decisions != 5 {
			t.Errorf("got %v after %d decisions", err, decisions)
		}
		if n := h.Limiter.taken["writes:ann"]; n != 1 {
			t.Errorf("took %d tokens for one command", n)
		}
	})
}

func TestService_Edit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	post := h.send("ann", "tpyo")
	edit := func(user chat.UserID, text string) (chat.Written, error) {
		return h.Edit(t.Context(), user, chat.Edit{Write: h.write(user), Post: post, Text: text})
	}
	h.must(edit("ann", "typo"))
	if got := h.post(post).Text; got != "typo" {
		t.Errorf("text is %q", got)
	}
	before := h.head()
	w, err := edit("mod", "not mine")
	h.refused(before, chat.CodeForbidden, w, err)
	if same := h.must(edit("ann", "typo")); !same.Existed || h.head() != before {
		t.Errorf("an edit that changes nothing wrote %+v", same)
	}
	for i := 2; i <= chat.MaxEdits; i++ {
		h.must(edit("ann", fmt.Sprint("version ", i)))
	}
	before = h.head()
	w, err = edit("ann", "once too often")
	h.refused(before, chat.CodeForbidden, w, err)
}

func TestService_Delete(t *testing.T) {
	t.Parallel()
	t.Run("erases one's own post, or any as a moderator", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		for _, user := range []chat.UserID{"ann", "mod", "olga"} {
			post := h.send("ann", "secret of ann")
			h.must(h.Edit(t.Context(), "ann", chat.Edit{Write: h.write("ann"), Post: post, Text: "secret still"}))
			w := h.must(h.Delete(t.Context(), user, chat.Delete{Write: h.write(user), Post: post}))
			if got := h.post(post); got.Text != "" || got.Deleted != w.Seq {
				t.Errorf("%s left %+v", user, got)
			}
			again := h.must(h.Delete(t.Context(), user, chat.Delete{Write: h.write(user), Post: post}))
			if !again.Existed || again.Seq != w.Seq {
				t.Errorf("deleting again = %+v", again)
			}
		}
		for _, words := range h.Memory.Words(hall) {
			if strings.Contains(words, "secret") {
				t.Errorf("the log still holds %q", words)
			}
		}
	})
	t.Run("refuses another's post", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, chat.Public, nil)
		post := h.send("ann", "mine")
		before := h.head()
		w, err := h.Delete(t.Context(), "bob", chat.Delete{Write: h.write("bob"), Post: post})
		h.refused(before, chat.CodeForbidden, w, err)
	})
	t.Run("wins over an edit that was decided before", func(t *testing.T) {
		t.Parallel()
		h, race := newRace(t, chat.Public)
		post := h.send("ann", "mine")
		race(func() { h.must(h.Delete(t.Context(), "mod", chat.Delete{Write: h.write("mod"), Post: post})) })
		_, err := h.Edit(t.Context(), "ann", chat.Edit{Write: h.write("ann"), Post: post, Text: "back again"})
		if chat.CodeOf(err) != chat.CodeNotFound || h.post(post).Text != "" {
			t.Errorf("got %v and %+v", err, h.post(post))
		}
	})
}

func TestService_React(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	post := h.send("ann", "hi")
	react := func(user chat.UserID, emoji string) (chat.Written, error) {
		return h.React(t.Context(), user, chat.React{Write: h.write(user), Post: post, Emoji: emoji})
	}
	set := h.must(react("bob", "👍🏽"))
	if again := h.must(react("bob", "👍🏽")); !again.Existed || again.Seq != set.Seq {
		t.Errorf("the same reaction again = %+v", again)
	}
	off := chat.React{Write: h.write("bob"), Post: post, Emoji: "👍🏽"}
	h.must(h.Unreact(t.Context(), "bob", off))
	if got := h.post(post); len(got.Reactions) != 0 || got.Reacted != set.Seq+1 {
		t.Errorf("post = %+v", got)
	}
	off.Write = h.write("bob")
	if again := h.must(h.Unreact(t.Context(), "bob", off)); !again.Existed {
		t.Errorf("taking off what is not set wrote %+v", again)
	}
	for _, emoji := range []string{"", "ok", "가", "👍 ", "\u200d", "1", "👍\x00", strings.Repeat("👍", 9), "<b>"} {
		before := h.head()
		w, err := react("bob", emoji)
		h.refused(before, chat.CodeInvalid, w, err)
	}
	for _, emoji := range []string{"❤️", "👩‍👩‍👧‍👦", "🇰🇷", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "©️", "‼️", "☺"} {
		h.must(react("bob", emoji))
	}
	for i := range chat.MaxEmoji - 8 {
		h.must(react("bob", string(rune(0x1F600+i))))
	}
	before := h.head()
	w, err := react("ann", "🦖")
	h.refused(before, chat.CodeForbidden, w, err)
	h.must(react("ann", "☺")) // one that is there already
}

func TestService_React_bounds_the_reactions_on_a_post(t *testing.T) {
	t.Parallel()
	h := newHouse(t, chat.Public, nil)
	post := h.send("ann", "popular")
	react := func(user chat.UserID, emoji rune) (chat.Written, error) {
		return h.React(t.Context(), user, chat.React{Write: h.write(user), Post: post, Emoji: string(emoji)})
	}
	for i := range chat.MaxReactions / chat.MaxEmoji {
		fan := chat.UserID("fan" + strconv.Itoa(i))
		h.user(fan)
		h.must(h.Join(t.Context(), fan, h.write(fan)))
		for emoji := range rune(chat.MaxEmoji) {
			h.must(react(fan, '😀'+emoji))
		}
	}
	before := h.head()
	written, err := react("bob", '😀')
	h.refused(before, chat.CodeForbidden, written, err)
	h.must(h.Unreact(t.Context(), "fan0", chat.React{Write: h.write("fan0"), Post: post, Emoji: "😀"}))
	h.must(react("bob", '😀'))
	if got := len(h.post(post).Reactions); got != chat.MaxReactions {
		t.Errorf("%d reactions, want %d", got, chat.MaxReactions)
	}
}
