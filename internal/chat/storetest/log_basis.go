package storetest

import (
	"fmt"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var basisCases = []logCase{
	{rule: "refuses a draft whose basis an entry before the scan touched", run: basisBrokenBeforeScan},
	{rule: "refuses a draft whose basis an entry after the scan touched", run: basisBrokenAfterScan},
	{rule: "accepts a draft whose decision saw the last touch", run: basisSawTheTouch},
	{rule: "accepts a draft when what passed touches other things", run: basisOfOtherThings},
	{rule: "lets a deleted room break every basis", run: deletedRoomBreaksAll},
}

// stage is a room with people and posts to act on.
type stage struct {
	*writer
	guest, other chat.UserID
	post         chat.Seq
}

func newStage(t testing.TB, s *logTest) *stage {
	t.Helper()
	g := &stage{writer: newWriter(t, s), guest: uniqueUser(), other: uniqueUser()}
	g.add(t, join(g.guest, "손님", chat.RoleMember))
	g.post = g.add(t, post("글")).Seq
	return g
}

// moves returns entries of each kind that can follow in the stage's room, except
// room_deleted.
func (g *stage) moves() []chat.Content {
	return []chat.Content{
		topic("새 주제"),
		settings("새 이름", chat.Private),
		pin(g.post),
		unpin(g.post),
		join(g.other, "새 사람", chat.RoleMember),
		join(g.other, "새 주인", chat.RoleOwner),
		leave(g.guest, chat.RoleMember),
		remove(g.guest, chat.RoleMember),
		remove(g.guest, chat.RoleOwner),
		setRole(g.guest, chat.RoleModerator, chat.RoleMember),
		setRole(g.guest, chat.RoleOwner, chat.RoleMember),
		setRole(g.guest, chat.RoleMember, chat.RoleOwner),
		edit(g.post, "고친 글"),
		deletion(g.post),
		rename(g.guest, "새 이름"),
		react(g.post, "🎉"),
		unreact(g.post, "🎉"),
		post("다른 글"),
	}
}

// things are all that a decision in the stage's room can rely on.
func (g *stage) things() []chat.Thing {
	return []chat.Thing{
		chat.TheRoom, chat.MemberThing(g.owner), chat.MemberThing(g.guest),
		chat.MemberThing(g.other), chat.PostThing(g.post),
	}
}

// relying drafts a post whose decision saw each thing as it was at seq.
func (g *stage) relying(at chat.Seq, things ...chat.Thing) *chat.Draft {
	d := g.draft(post("그래서"))
	for _, thing := range things {
		d.Basis = append(d.Basis, chat.Relied{Thing: thing, Seq: at})
	}
	return d
}

// eachMove runs check for every move, in a fresh room, with the things that the
// move touches and those that it does not.
func eachMove(t testing.TB, s *logTest, check func(what string, g *stage, move chat.Content, touched, untouched []chat.Thing)) {
	t.Helper()
	moves := len((&stage{writer: &writer{}}).moves())
	for i := range moves {
		g := newStage(t, s)
		move := g.moves()[i]
		touches := chat.Touches(&chat.Entry{Content: move})
		var touched, untouched []chat.Thing
		for _, thing := range g.things() {
			if hasThing(touches, thing) {
				touched = append(touched, thing)
			} else {
				untouched = append(untouched, thing)
			}
		}
		check(fmt.Sprintf("%s (role %q, was %q)", move.Kind, move.Role, move.Was), g, move, touched, untouched)
	}
}

func hasThing(things []chat.Thing, thing chat.Thing) bool {
	for _, t := range things {
		if t == thing {
			return true
		}
	}
	return false
}

// wantConflict appends d, which must be refused and not be in the log.
func wantConflict(t testing.TB, what string, log chat.Log, d *chat.Draft, scanned *chat.Scanned) {
	t.Helper()
	_, err := log.Append(t.Context(), d, scanned)
	wantCode(t, what, err, chat.CodeConflict)
	if found := scan(t, log, d).Found; found != nil {
		t.Errorf("%s: refused, and yet entry %d", what, found.Seq)
	}
}

func basisBrokenBeforeScan(t testing.TB, s *logTest) {
	eachMove(t, s, func(what string, g *stage, move chat.Content, touched, _ []chat.Thing) {
		relied := g.cursor.Seq
		var drafts []*chat.Draft
		for _, thing := range touched {
			drafts = append(drafts, g.relying(relied, chat.MemberThing(uniqueUser()), thing))
		}
		g.add(t, move)
		g.add(t, post("사이"))
		for i, d := range drafts {
			wantConflict(t, fmt.Sprintf("%s, relying on %+v", what, touched[i]), s, d, scan(t, s, d))
		}
	})
}

func basisBrokenAfterScan(t testing.TB, s *logTest) {
	eachMove(t, s, func(what string, g *stage, move chat.Content, touched, _ []chat.Thing) {
		var drafts []*chat.Draft
		var scans []*chat.Scanned
		for _, thing := range touched {
			d := g.relying(g.cursor.Seq, chat.MemberThing(uniqueUser()), thing)
			drafts, scans = append(drafts, d), append(scans, scan(t, s, d))
		}
		g.add(t, post("사이"))
		g.add(t, move)
		g.add(t, post("사이"))
		for i, d := range drafts {
			wantConflict(t, fmt.Sprintf("%s, relying on %+v", what, touched[i]), s, d, scans[i])
		}
	})
}

func basisSawTheTouch(t testing.TB, s *logTest) {
	eachMove(t, s, func(_ string, g *stage, move chat.Content, touched, _ []chat.Thing) {
		since := g.cursor
		seen := g.add(t, move).Seq
		d := g.relying(seen, touched...)
		d.Since = since
		g.commit(t, d)
	})
}

func basisOfOtherThings(t testing.TB, s *logTest) {
	eachMove(t, s, func(what string, g *stage, move chat.Content, _, untouched []chat.Thing) {
		passed := g.relying(g.cursor.Seq, untouched...)
		met := g.relying(g.cursor.Seq, untouched...)
		outdated := scan(t, s, met)
		g.add(t, move)
		g.commit(t, passed)
		appended, err := s.Append(t.Context(), met, outdated)
		if err != nil {
			t.Errorf("%s, relying on %+v: %v", what, untouched, err)
			return
		}
		g.saw(&appended.Entry)
		_, want := replay(g.acked)
		wantEqual(t, "log", readAll(t, s, g.room, 20), want)
	})
}

func deletedRoomBreaksAll(t testing.TB, s *logTest) {
	g := newStage(t, s)
	d := g.relying(g.cursor.Seq, chat.MemberThing(g.guest))
	without := g.draft(post("근거 없이"))
	outdated := scan(t, s, d)
	g.add(t, endRoom())
	wantConflict(t, "met on the way", s, d, outdated)
	wantConflict(t, "met without a basis", s, without, outdated)
	wantConflict(t, "passed by the scan", s, d, scan(t, s, d))
	wantConflict(t, "passed without a basis", s, without, scan(t, s, without))
	s.empty(t, g.room)
	_, want := replay(g.acked)
	wantEqual(t, "log", readAll(t, s, g.room, 20), want)
}
