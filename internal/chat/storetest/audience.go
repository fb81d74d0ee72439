package storetest

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// AudienceHarness gives [RunAudience] an audience. It has both ports, because what
// chat.Subscriptions stores shows through chat.Audience only. How a home closes
// connections, orders its pushes and gives up is tested in that home.
type AudienceHarness struct {
	// Run calls do with a new home that nobody is connected to, and ends the home
	// afterwards. It may call do in a synctest bubble, for example.
	Run func(t *testing.T, do func(t testing.TB, home AudienceHome))
}

// AudienceHome is an audience and the log of its rooms.
type AudienceHome struct {
	chat.Subscriptions
	chat.Audience
	// Log is where the rooms' entries become durable.
	Log chat.Log
	// Connect opens a connection of the user.
	Connect func(user chat.UserID) chat.ConnID
	// Event returns the context in which the connection's own subscriptions are
	// changed; nil where any context will do.
	Event func(ctx context.Context, conn chat.ConnID) context.Context
	// Told returns what the connection was told since the last call, once nothing
	// more is on its way.
	Told func(conn chat.ConnID) []Told
}

// Told is one thing that a connection was told: an entry of a room or, if Seq is
// 0, that its user is now a member of the room.
type Told struct {
	Room chat.RoomID
	Seq  chat.Seq
}

// audienceTest is one case's view of a home, with a room that nobody listens to.
type audienceTest struct {
	AudienceHome
	*writer
}

type audienceCase struct {
	rule string
	run  func(t testing.TB, a *audienceTest)
}

var audienceCases = []audienceCase{
	{"tells an entry to those who listen to the room, and to nobody else", tellsListeners},
	{"tells an entry once, however often one subscribes", tellsOnce},
	{"tells nothing after unsubscribing or disconnecting", stopsTelling},
	{"tells the evicted nothing after their removal, on no connection", tellsEvictedNothing},
	{"tells a user no entry that passed the user's removal", heedsPassed},
	{"tells those who came back", tellsThoseWhoCameBack},
	{"tells every connection of a user, and of nobody else", tellsUser},
	{"publishes where nobody listens", publishesToNobody},
	{"lists who is present, each user once, hidden when all their pages are", listsPresent},
	{"lists nobody who has gone", listsNobodyWhoWent},
}

// RunAudience checks a home against the contracts of chat.Subscriptions and
// chat.Audience.
func RunAudience(t *testing.T, h AudienceHarness) {
	for _, c := range audienceCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			h.Run(t, c.check)
		})
	}
}

func (c *audienceCase) check(t testing.TB, home AudienceHome) {
	if home.Event == nil {
		home.Event = func(ctx context.Context, _ chat.ConnID) context.Context { return ctx }
	}
	c.run(t, &audienceTest{home, newWriter(t, home.Log)})
}

// listen opens a connection of the user that listens to the room.
func (a *audienceTest) listen(t testing.TB, user chat.UserID) chat.ConnID {
	t.Helper()
	conn := a.Connect(user)
	a.subscribe(t, conn, user)
	return conn
}

func (a *audienceTest) subscribe(t testing.TB, conn chat.ConnID, user chat.UserID) {
	t.Helper()
	if err := a.Subscribe(a.Event(t.Context(), conn), conn, user, a.room); err != nil {
		t.Fatalf("subscribe %s: %v", user, err)
	}
}

func (a *audienceTest) unsubscribe(t testing.TB, conn chat.ConnID) {
	t.Helper()
	if err := a.Unsubscribe(a.Event(t.Context(), conn), conn, a.room); err != nil {
		t.Fatalf("unsubscribe: %v", err)
	}
}

func (a *audienceTest) disconnect(t testing.TB, conn chat.ConnID) {
	t.Helper()
	if err := a.Disconnect(a.Event(t.Context(), conn), conn); err != nil {
		t.Fatalf("disconnect: %v", err)
	}
}

func (a *audienceTest) hide(t testing.TB, conn chat.ConnID, isHidden bool) {
	t.Helper()
	if err := a.Hidden(a.Event(t.Context(), conn), conn, isHidden); err != nil {
		t.Fatalf("hide: %v", err)
	}
}

func (a *audienceTest) gather(t testing.TB) chat.Listeners {
	t.Helper()
	to := must[chat.Listeners](t, "gather")(a.Gather(t.Context(), a.room))
	wantEqual(t, "room of the listeners", to.Room, a.room)
	return to
}

// say appends an entry and publishes it, as the service does.
func (a *audienceTest) say(t testing.TB, c chat.Content) Told {
	t.Helper()
	to := a.gather(t)
	e := a.add(t, c)
	a.Publish(t.Context(), to, &chat.EntryAppended{Entry: e})
	return Told{Room: e.Room, Seq: e.Seq}
}

// remove takes the user out of the room, as the service does.
func (a *audienceTest) remove(t testing.TB, user chat.UserID) chat.Seq {
	t.Helper()
	to := a.gather(t)
	e := a.add(t, remove(user, chat.RoleMember))
	a.Evict(t.Context(), a.room, user, e.Seq)
	a.Publish(t.Context(), to, &chat.EntryAppended{Entry: e})
	return e.Seq
}

// wantTold checks what the connection was told, in any order: readers sort a
// room's entries themselves.
func (a *audienceTest) wantTold(t testing.TB, who string, conn chat.ConnID, want ...Told) {
	t.Helper()
	got := a.Told(conn)
	for _, told := range [][]Told{got, want} {
		slices.SortFunc(told, func(a, b Told) int { return cmp.Or(cmp.Compare(a.Room, b.Room), cmp.Compare(a.Seq, b.Seq)) })
	}
	wantEqual(t, who+" was told", got, want)
}

// wantNothingAfter checks that the connection was told no entry after seq.
func (a *audienceTest) wantNothingAfter(t testing.TB, who string, conn chat.ConnID, seq chat.Seq) {
	t.Helper()
	for _, told := range a.Told(conn) {
		if told.Seq > seq {
			t.Errorf("%s was told %+v, after entry %d", who, told, seq)
		}
	}
}

// wantPresent checks who is in the room, and whether each is hidden.
func (a *audienceTest) wantPresent(t testing.TB, want map[chat.UserID]bool, conns ...chat.ConnID) {
	t.Helper()
	found := must[[]chat.Presence](t, "present")(a.Present(t.Context(), a.room))
	slices.SortFunc(found, func(a, b chat.Presence) int { return cmp.Compare(a.User, b.User) })
	got := map[chat.UserID]bool{}
	for i, p := range found {
		got[p.User] = p.IsHidden
		if !slices.Contains(conns, p.Conn) || p.Since.IsZero() || i > 0 && found[i-1].User == p.User {
			t.Errorf("present is %+v", p)
		}
	}
	wantEqual(t, "who is present, and hidden", got, want)
}

func tellsListeners(t testing.TB, a *audienceTest) {
	other := newWriter(t, a.Log)
	bob, cid, dan := a.listen(t, "bob"), a.listen(t, "cid"), a.Connect("dan")
	elsewhere := &audienceTest{a.AudienceHome, other}
	elsewhere.subscribe(t, cid, "cid")
	elsewhere.subscribe(t, dan, "dan")
	here, there := a.say(t, post("여기")), elsewhere.say(t, post("저기"))
	a.wantTold(t, "one who listens to one room", bob, here)
	a.wantTold(t, "one who listens to both", cid, here, there)
	a.wantTold(t, "one who listens to the other", dan, there)
}

func tellsOnce(t testing.TB, a *audienceTest) {
	bob := a.listen(t, "bob")
	a.subscribe(t, bob, "bob")
	a.wantTold(t, "bob", bob, a.say(t, post("한 번")))
}

func stopsTelling(t testing.TB, a *audienceTest) {
	left, gone, stays := a.listen(t, "bob"), a.listen(t, "bob"), a.listen(t, "bob")
	for range 2 {
		a.unsubscribe(t, left)
		a.disconnect(t, gone)
	}
	said := a.say(t, post("점심"))
	a.wantTold(t, "a page that unsubscribed", left)
	a.wantTold(t, "a page that is gone", gone)
	a.wantTold(t, "a page that stays", stays, said)
}

func tellsEvictedNothing(t testing.TB, a *audienceTest) {
	laptop, phone, ann := a.listen(t, "bob"), a.listen(t, "bob"), a.listen(t, "ann")
	a.say(t, join("bob", "밥", chat.RoleMember))
	removal := a.remove(t, "bob")
	a.Told(ann)
	said := a.say(t, post("이제 없네"))
	a.wantNothingAfter(t, "the laptop of the removed", laptop, removal)
	a.wantNothingAfter(t, "the phone of the removed", phone, removal)
	a.wantTold(t, "one who stays", ann, said)
}

// heedsPassed lets a removal commit between Gather and Append, before Evict is
// called for it.
func heedsPassed(t testing.TB, a *audienceTest) {
	bob, ann := a.listen(t, "bob"), a.listen(t, "ann")
	a.say(t, join("bob", "밥", chat.RoleMember))
	a.Told(ann)
	to := a.gather(t)
	removal := a.add(t, remove("bob", chat.RoleMember))
	e := a.add(t, post("이제 없네"))
	a.Publish(t.Context(), to, &chat.EntryAppended{Entry: e, Passed: []chat.Entry{removal}})
	a.Publish(t.Context(), to, &chat.EntryAppended{Entry: removal})
	a.wantNothingAfter(t, "the removed", bob, removal.Seq)
	if told := a.Told(ann); !slices.Contains(told, Told{a.room, e.Seq}) {
		t.Errorf("one who stays was told %+v, not entry %d", told, e.Seq)
	}
}

func tellsThoseWhoCameBack(t testing.TB, a *audienceTest) {
	bob := a.listen(t, "bob")
	a.say(t, join("bob", "밥", chat.RoleMember))
	a.remove(t, "bob")
	a.say(t, join("bob", "밥", chat.RoleMember))
	a.subscribe(t, bob, "bob")
	a.Told(bob)
	a.wantTold(t, "one who came back", bob, a.say(t, post("어서 와")))
	a.wantPresent(t, map[chat.UserID]bool{"bob": false}, bob)
}

func tellsUser(t testing.TB, a *audienceTest) {
	laptop, phone, ann := a.Connect("bob"), a.listen(t, "bob"), a.listen(t, "ann")
	a.Tell(t.Context(), "bob", chat.RoomGained{Room: a.room})
	a.wantTold(t, "a page without a room", laptop, Told{Room: a.room})
	a.wantTold(t, "a page with a room", phone, Told{Room: a.room})
	a.wantTold(t, "another user", ann)
	a.Tell(t.Context(), uniqueUser(), chat.RoomGained{Room: a.room}) // to nobody
}

func publishesToNobody(t testing.TB, a *audienceTest) {
	a.say(t, post("아무도 없나"))
	a.remove(t, uniqueUser())
	a.wantPresent(t, nil)
	bob := a.listen(t, "bob")
	a.wantTold(t, "one who came later", bob, a.say(t, post("왔네")))
}

func listsPresent(t testing.TB, a *audienceTest) {
	laptop, phone, ann := a.listen(t, "bob"), a.listen(t, "bob"), a.listen(t, "ann")
	hidden := func(bob, anns bool) {
		t.Helper()
		a.wantPresent(t, map[chat.UserID]bool{"bob": bob, "ann": anns}, laptop, phone, ann)
	}
	hidden(false, false)
	a.hide(t, laptop, true)
	a.hide(t, ann, true)
	hidden(false, true)
	a.hide(t, phone, true)
	a.hide(t, ann, false)
	hidden(true, false)
}

func listsNobodyWhoWent(t testing.TB, a *audienceTest) {
	bob, cid, dan, ann := a.listen(t, "bob"), a.listen(t, "cid"), a.listen(t, "dan"), a.listen(t, "ann")
	a.say(t, join("dan", "댄", chat.RoleMember))
	a.unsubscribe(t, bob)
	a.disconnect(t, cid)
	a.remove(t, "dan")
	a.Told(dan) // all that is on its way has arrived
	a.wantPresent(t, map[chat.UserID]bool{"ann": false}, ann)
}
