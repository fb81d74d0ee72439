package crowd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
)

// lines are what people say.
var lines = []string{
	"점심 뭐 먹을까?", "짬뽕 어때요", "회의는 세 시에 시작합니다", "배포 끝났습니다, 확인 부탁드려요",
	"오늘도 수고하셨습니다", "the build is green again", "who broke staging?", "lunch at noon?",
	"please review my change", "see you tomorrow 👋",
}

var emoji = []string{"👍", "🎉", "❤️", "😂"}

// maxWaiting is how many entries of a person may wait in one room.
const maxWaiting = 3

// Person talks in some rooms. Their plans depend on the seed alone; what becomes of
// a plan depends on what they see when they carry it out.
type Person struct {
	*client.Client
	account  *client.Account
	rng      *rand.Rand
	rooms    []chat.RoomID
	maxPause time.Duration
	sent     []*client.Outgoing
}

// plan is one action that a person plans.
type plan struct {
	room  chat.RoomID
	kind  chat.Kind
	pick  int // chooses one of the eligible posts
	text  string
	emoji string
	pause time.Duration
}

// kinds are the actions of people; the more often one is listed, the more often it
// is chosen.
var kinds = []chat.Kind{
	chat.KindPosted, chat.KindPosted, chat.KindPosted, chat.KindPosted, chat.KindPosted,
	chat.KindPosted, chat.KindPosted, chat.KindPosted, chat.KindPosted, chat.KindPosted,
	chat.KindEdited, chat.KindEdited, chat.KindEdited, chat.KindDeleted,
	chat.KindReactionSet, chat.KindReactionSet, chat.KindReactionSet, chat.KindReactionRemoved,
	chat.KindLeft,
}

func (p *Person) plan() plan {
	return plan{
		room:  p.rooms[p.rng.IntN(len(p.rooms))],
		kind:  kinds[p.rng.IntN(len(kinds))],
		pick:  p.rng.Int(),
		text:  lines[p.rng.IntN(len(lines))],
		emoji: emoji[p.rng.IntN(len(emoji))],
		pause: time.Duration(p.rng.Int64N(int64(p.maxPause))),
	}
}

// Talk carries out one plan after the other until ctx ends.
func (p *Person) Talk(ctx context.Context) {
	for {
		next := p.plan()
		select {
		case <-ctx.Done():
			return
		case <-time.After(next.pause):
		}
		if content, isPossible := p.content(next); isPossible && p.Waiting(next.room) < maxWaiting {
			p.write(next.room, content)
		}
	}
}

func (p *Person) write(room chat.RoomID, content chat.Content) {
	id := chat.EntryID(fmt.Sprintf("e%d", len(p.sent)))
	p.sent = append(p.sent, p.Write(room, id, content))
}

// Post sends a post with words that nobody else sends.
func (p *Person) Post(room chat.RoomID) {
	next := p.plan()
	next.kind = chat.KindPosted
	if content, isPossible := p.content(next); isPossible {
		p.write(room, content)
	}
}

// content returns what to send for a plan now; false if that is nothing, as when no
// post is eligible.
func (p *Person) content(next plan) (chat.Content, bool) {
	content := chat.Content{Kind: next.kind}
	if !p.Follows(next.room) {
		content.Kind = chat.KindJoined
		return content, p.Waiting(next.room) == 0
	}
	switch next.kind {
	case chat.KindPosted, chat.KindEdited:
		content.Text = fmt.Sprintf("%s (%s %d)", next.text, p.Account().Name, len(p.sent))
	case chat.KindReactionSet, chat.KindReactionRemoved:
		content.Emoji = next.emoji
	}
	if next.kind == chat.KindPosted || next.kind == chat.KindLeft {
		return content, true
	}
	isOwn := next.kind == chat.KindEdited || next.kind == chat.KindDeleted
	content.Post = p.post(next.room, next.pick, isOwn)
	return content, content.Post > 0
}

// post chooses one of the newest posts that are not deleted; 0 if there is none.
func (p *Person) post(room chat.RoomID, pick int, isOwn bool) chat.Seq {
	const among = 8
	var found []chat.Seq
	p.Look(room, func(fold *chat.Fold) {
		for seq := fold.Head.Seq; seq > 0 && len(found) < among; seq-- {
			post := fold.Posts[seq]
			if post != nil && post.Deleted == 0 && (!isOwn || post.Author == p.Account().User) {
				found = append(found, seq)
			}
		}
	})
	if len(found) == 0 {
		return 0
	}
	return found[pick%len(found)]
}

// comeBack joins again every room that the person has left.
func (p *Person) comeBack() {
	for _, room := range p.rooms {
		if !p.Follows(room) {
			p.write(room, chat.Content{Kind: chat.KindJoined})
		}
	}
}

// sentTo waits until all that the person sent to a room has its outcome, and returns
// it.
func (p *Person) sentTo(room chat.RoomID) []Sent {
	var found []Sent
	for _, out := range p.sent {
		if out.Room == room {
			<-out.Done
			found = append(found, Sent{
				Author: p.Account().User, ID: out.ID, Content: out.Content,
				Ack: out.Ack, Err: out.Err, Sendings: out.Sendings,
			})
		}
	}
	return found
}
