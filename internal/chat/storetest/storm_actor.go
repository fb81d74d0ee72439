package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// actor is one person who does things in a room, one after the other.
type actor struct {
	t        testing.TB
	service  *chat.Service
	ports    *chat.Ports
	room     chat.RoomID
	user     chat.UserID
	others   []chat.UserID
	chance   *rand.Rand
	answered []chat.Entry
}

// action is one thing to do, at the post or to the member given.
type action func(a *actor, w chat.Write, post chat.Seq, member chat.UserID) (chat.Written, error)

func actSend(a *actor, w chat.Write, _ chat.Seq, member chat.UserID) (chat.Written, error) {
	return a.service.Send(a.t.Context(), a.user, chat.Send{Write: w, Text: "글", Mentions: []chat.UserID{member}})
}

func actEdit(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.Edit(a.t.Context(), a.user, chat.Edit{Write: w, Post: post, Text: "고친 글 " + string(w.ID)})
}

func actErase(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.Delete(a.t.Context(), a.user, chat.Delete{Write: w, Post: post})
}

func actReact(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.React(a.t.Context(), a.user, chat.React{Write: w, Post: post, Emoji: "👍"})
}

func actUnreact(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.Unreact(a.t.Context(), a.user, chat.React{Write: w, Post: post, Emoji: "👍"})
}

func actPin(a *actor, w chat.Write, post chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.Pin(a.t.Context(), a.user, chat.Pin{Write: w, Post: post})
}

func actSetTopic(a *actor, w chat.Write, _ chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.SetTopic(a.t.Context(), a.user, chat.Topic{Write: w, Text: "주제 " + string(w.ID)})
}

func actJoin(a *actor, w chat.Write, _ chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.Join(a.t.Context(), a.user, w)
}

func actLeave(a *actor, w chat.Write, _ chat.Seq, _ chat.UserID) (chat.Written, error) {
	return a.service.Leave(a.t.Context(), a.user, w)
}

func actRemove(a *actor, w chat.Write, _ chat.Seq, member chat.UserID) (chat.Written, error) {
	return a.service.Remove(a.t.Context(), a.user, chat.Remove{Write: w, User: member})
}

func actSetRole(role chat.Role) action {
	return func(a *actor, w chat.Write, _ chat.Seq, member chat.UserID) (chat.Written, error) {
		return a.service.SetRole(a.t.Context(), a.user, chat.SetRole{Write: w, User: member, Role: role})
	}
}

// actions are what people do. What they do more often is listed more often.
var actions = []action{
	actSend, actSend, actSend, actSend, actEdit, actEdit, actErase, actErase,
	actReact, actReact, actUnreact, actPin, actSetTopic, actLeave, actRemove, actRemove,
	actSetRole(chat.RoleOwner), actSetRole(chat.RoleOwner), actSetRole(chat.RoleModerator),
	actSetRole(chat.RoleMember), actSetRole(chat.RoleReader),
}

// act does one random thing, and repeats it while its outcome is unknown.
func (a *actor) act(n int) {
	do, member, post := actions[a.chance.IntN(len(actions))], a.others[a.chance.IntN(len(a.others))], chat.Seq(1)
	if !a.isMember() {
		do = actJoin
	}
	page := persist(a.t, "history", func() (chat.HistoryPage, error) {
		return a.ports.Log.History(a.t.Context(), a.room, 0, 4)
	})
	if len(page.Posts) > 0 {
		post = page.Posts[a.chance.IntN(len(page.Posts))].Seq
	}
	w := chat.Write{Room: a.room, ID: chat.EntryID(fmt.Sprintf("act-%d", n)), Since: page.Cursor}
	for range maxActs {
		written, err := do(a, w, post, member)
		switch code := chat.CodeOf(err); code {
		case chat.CodeUnavailable:
			continue
		case chat.CodeConflict, chat.CodeInternal:
			a.t.Errorf("an actor was told %v", err)
		case "":
			if written.Entry != nil {
				a.answered = append(a.answered, *written.Entry)
			}
		}
		return
	}
}

// maxActs is how often an actor tries one thing before it gives up.
const maxActs = 10

func (a *actor) isMember() bool {
	self := persist(a.t, "find members", func() ([]chat.Member, error) {
		return a.ports.Members.FindMembers(a.t.Context(), a.room, a.user)
	})
	return len(self) == 1 && self[0].IsMember()
}
