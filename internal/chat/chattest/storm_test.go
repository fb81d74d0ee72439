package chattest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
)

const plaza chat.RoomID = "plaza"

// actor is one person who does things in the plaza, one after the other.
type actor struct {
	t        *testing.T
	s        *chattest.Service
	user     chat.UserID
	others   []chat.UserID
	chance   *rand.Rand
	answered []chat.Entry
}

// action is one thing to do, at the post or to the member given.
type action func(a *actor, w chat.Write, post chat.Seq, member chat.UserID) (chat.Written, error)

func send(a *actor, w chat.Write, _ chat.Seq, member chat.UserID) (chat.Written, error) {
	return a.s.Send(a.t.Context(), a.user, chat.Send{Write: w, Text: "글", Mentions: []chat.UserID{member}})
}

func edit(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.Edit(a.t.Context(), a.user, chat.Edit{Write: w, Post: post, Text: "고친 글 " + string(w.ID)})
}

func erase(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.Delete(a.t.Context(), a.user, chat.Delete{Write: w, Post: post})
}

func react(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.React(a.t.Context(), a.user, chat.React{Write: w, Post: post, Emoji: "👍"})
}

func unreact(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.Unreact(a.t.Context(), a.user, chat.React{Write: w, Post: post, Emoji: "👍"})
}

func pin(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.Pin(a.t.Context(), a.user, chat.Pin{Write: w, Post: post})
}

func setTopic(a *actor, w chat.Write, _ chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.SetTopic(a.t.Context(), a.user, chat.Topic{Write: w, Text: "주제 " + string(w.ID)})
}

func join(a *actor, w chat.Write, _ chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.Join(a.t.Context(), a.user, w)
}

func leave(a *actor, w chat.Write, _ chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.s.Leave(a.t.Context(), a.user, w)
}

func remove(a *actor, w chat.Write, _ chat.Seq, member chat.UserID) (chat.Written, error) {
	return a.s.Remove(a.t.Context(), a.user, chat.Remove{Write: w, User: member})
}

func setRole(role chat.Role) action {
	return func(a *actor, w chat.Write, _ chat.Seq, member chat.UserID) (chat.Written, error) {
		return a.s.SetRole(a.t.Context(), a.user, chat.SetRole{Write: w, User: member, Role: role})
	}
}

// actions are what people do; what they do often is named often.
var actions = []action{
	send, send, send, send, edit, edit, erase, erase, react, react, unreact, pin, setTopic, leave, remove, remove,
	setRole(chat.RoleOwner), setRole(chat.RoleOwner), setRole(chat.RoleModerator), setRole(chat.RoleMember), setRole(chat.RoleReader),
}

// act does one thing, and again while nobody knows whether it was done.
func (a *actor) act(n int) {
	heads, err1 := a.s.Memory.Heads(a.t.Context(), []chat.RoomID{plaza})
	page, err2 := a.s.Memory.History(a.t.Context(), plaza, 0, 4)
	self, err3 := a.s.Memory.FindMembers(a.t.Context(), plaza, a.user)
	if err1 != nil || err2 != nil || err3 != nil {
		a.t.Errorf("look around: %v, %v, %v", err1, err2, err3)
		return
	}
	w := chat.Write{Room: plaza, ID: chat.EntryID(fmt.Sprintf("%s-%d", a.user, n)), Since: heads[0].Cursor}
	do, member, post := actions[a.chance.IntN(len(actions))], a.others[a.chance.IntN(len(a.others))], chat.Seq(1)
	if len(page.Posts) > 0 {
		post = page.Posts[a.chance.IntN(len(page.Posts))].Seq
	}
	if !self[0].IsMember() {
		do = join
	}
	for range 10 {
		written, err := do(a, w, post, member)
		if chat.CodeOf(err) == chat.CodeUnavailable {
			continue
		}
		if err == nil && written.Entry != nil {
			a.answered = append(a.answered, *written.Entry)
		}
		if code := chat.CodeOf(err); code == chat.CodeConflict || code == chat.CodeInternal {
			a.t.Errorf("an actor was told %v", err)
		}
		return
	}
}

// TestService_Storm lets people do everything at once in one room over a
// failing store, and audits the log afterwards: each entry was allowed by what
// stood before it, whatever its author had seen.
func TestService_Storm(t *testing.T) {
	seed := chattest.Seed(t)
	for round := range uint64(20) {
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			t.Parallel()
			for _, problem := range storm(t, chattest.NewService(), seed+round) {
				t.Error(problem)
			}
		})
	}
	t.Run("notices a store that ignores what decisions relied on", func(t *testing.T) {
		t.Parallel()
		var problems []string
		for round := uint64(0); len(problems) == 0 && round < 50; round++ {
			s := chattest.NewService()
			ports := s.Ports
			ports.Log = baseless{s.Faults}
			s.Service = chat.NewService(ports, s.Clock.Now, s.IDs.New)
			s.Rates = chat.Rates{}
			problems = storm(t, s, seed+round)
		}
		if len(problems) == 0 {
			t.Error("not noticed in 50 rounds")
		}
	})
}

// baseless appends whatever it is given.
type baseless struct{ chat.Log }

func (b baseless) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	draft := *d
	draft.Basis = nil
	return b.Log.Append(ctx, &draft, scanned)
}

// storm returns what is wrong with the log afterwards.
func storm(t *testing.T, s *chattest.Service, seed uint64) []string {
	t.Helper()
	people := []chat.UserID{"ann", "bob", "cho", "dan", "eun", "fay"}
	for _, user := range people {
		if _, err := s.Memory.SaveUser(t.Context(), chat.User{ID: user, Name: string(user), CreatedAt: s.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Create(t.Context(), "ann", chat.Create{Write: chat.Write{Room: plaza, ID: "c"}, Title: "Plaza", Visibility: chat.Public}); err != nil {
		t.Fatal(err)
	}
	s.Faults.FailRandomly(seed, 0.05)
	actors := make([]*actor, len(people))
	var wg sync.WaitGroup
	for i, user := range people {
		a := &actor{t: t, s: s, user: user, others: people, chance: rand.New(rand.NewPCG(seed, uint64(i)))}
		actors[i] = a
		wg.Go(func() {
			for n := range 40 {
				a.act(n)
			}
		})
	}
	wg.Wait()
	s.Faults.Land()
	page, err := s.Memory.Read(context.Background(), plaza, chat.Cursor{}, chat.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	problems := audit(page.Entries)
	for _, a := range actors {
		for _, e := range a.answered {
			if stored := page.Entries[e.Seq-1]; stored.Author != e.Author || stored.ID != e.ID {
				problems = append(problems, fmt.Sprintf("entry %d by %s was answered, but is %s's %s", e.Seq, e.Author, stored.Author, stored.ID))
			}
		}
	}
	return problems
}

// audit folds the log and asks of each entry whether it could stand there.
func audit(log []chat.Entry) (problems []string) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	fold := chat.NewFold()
	seen := map[string]bool{}
	for i := range log {
		e := &log[i]
		name := string(e.Author) + "/" + string(e.ID)
		if e.Seq != chat.Seq(i+1) || seen[name] {
			report("entry %d has seq %d; %s stands twice: %t", i+1, e.Seq, name, seen[name])
		}
		seen[name] = true
		if i > 0 && !mayStand(fold, e) {
			report("entry %d, %s by %s, could not stand there: %+v", e.Seq, e.Kind, e.Author, e.Content)
		}
		fold.Apply(e)
		if fold.Room.Owners < 1 || fold.Room.Owners != owners(fold) {
			report("after entry %d, %s, the room counts %d owners and has %d", e.Seq, e.Kind, fold.Room.Owners, owners(fold))
		}
	}
	return problems
}

func owners(fold *chat.Fold) (n int) {
	for _, m := range fold.Members {
		if m.Role == chat.RoleOwner {
			n++
		}
	}
	return n
}

// mayStand restates the rules of a public room for one entry.
func mayStand(fold *chat.Fold, e *chat.Entry) bool {
	author, member := memberIn(fold, e.Author), memberIn(fold, e.User)
	post := fold.Posts[e.Post]
	stands := post != nil && post.Deleted == 0
	switch e.Kind {
	case chat.KindPosted:
		return author.Role.AtLeast(chat.RoleMember)
	case chat.KindEdited:
		return author.Role.AtLeast(chat.RoleMember) && stands && post.Author == e.Author
	case chat.KindDeleted:
		isAllowed := author.Role.AtLeast(chat.RoleModerator) || author.Role.AtLeast(chat.RoleMember) && post.Author == e.Author
		return stands && isAllowed
	case chat.KindReactionSet, chat.KindReactionRemoved:
		return author.Role.AtLeast(chat.RoleMember) && stands
	case chat.KindPinned:
		return author.Role.AtLeast(chat.RoleModerator) && stands
	case chat.KindTopicSet:
		return author.Role.AtLeast(chat.RoleModerator)
	case chat.KindJoined:
		return e.User == e.Author && !author.IsMember()
	case chat.KindLeft:
		return e.User == e.Author && author.IsMember() && e.Was == author.Role
	case chat.KindRemoved:
		isAllowed := author.Role.AtLeast(chat.RoleModerator) && !member.Role.AtLeast(author.Role)
		return isAllowed && member.IsMember() && e.Was == member.Role
	case chat.KindRoleSet:
		return author.Role == chat.RoleOwner && member.IsMember() && e.Was == member.Role
	default:
		return false
	}
}

func memberIn(fold *chat.Fold, user chat.UserID) chat.Member {
	if m := fold.Members[user]; m != nil {
		return *m
	}
	return chat.Member{User: user}
}
