package dynamostore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/maru-chat/maru/internal/chat"
)

const modelRoom chat.RoomID = "room"

// Bounds of what clients do.
const (
	maxActionsOfClient = 5
	maxSends           = 6
)

// client is one device of a user: it does one thing after the other, and sends
// each until it is answered.
type client struct {
	world *world
	name  string
	user  chat.UserID
	rng   *rand.Rand
	// isBlind is the broken variant.
	isBlind bool

	cursor chat.Cursor
	sent   int
	// posts are the user's own, as far as acknowledged.
	posts []chat.Seq
	// acks are what this client was told.
	acks []ack
	// seen are the entries that it read, in order from the first that it asked for.
	seen []chat.Entry
	// raised counts how often it raised since.
	raised int
}

// ack is an acknowledgement of an entry.
type ack struct {
	author chat.UserID
	id     chat.EntryID
	seq    chat.Seq
}

// outgoing is an entry in the client's outbox.
type outgoing struct {
	id    chat.EntryID
	since chat.Cursor
	send  func(context.Context, *chat.Service, chat.Write) (chat.Written, error)
}

func (c *client) run() {
	_ = c.world.stand(&step{owner: c.name, what: "begins", kind: stepWait, do: func() {}})
	for range 1 + c.rng.IntN(maxActionsOfClient) {
		if c.rng.IntN(2) == 0 {
			c.catchUp()
		}
		c.sent++
		out := &outgoing{
			id:    chat.EntryID(c.name + "-" + strconv.Itoa(c.sent)),
			since: c.cursor, send: c.choose(),
		}
		c.deliver(out)
	}
}

// deliver sends until there is an answer that settles it, or gives up.
func (c *client) deliver(out *outgoing) {
	for range maxSends {
		var written chat.Written
		err := c.ask(func(ctx context.Context, p *process) (err error) {
			written, err = out.send(ctx, p.service, chat.Write{Room: modelRoom, ID: out.id, Since: out.since})
			return err
		})
		switch chat.CodeOf(err) {
		case "":
			c.acknowledged(out, &written)
			return
		case chat.CodeUnavailable:
			if c.rng.IntN(2) == 0 && c.raise(out) {
				return
			}
		case chat.CodeStale:
			if c.raise(out) {
				return
			}
		case chat.CodeInternal, chat.CodeConflict:
			c.world.violate("%s got %v", out.id, err)
			return
		default:
			return // refused
		}
	}
}

func (c *client) acknowledged(out *outgoing, w *chat.Written) {
	if w.Entry == nil {
		return // nothing was to be changed
	}
	c.acks = append(c.acks, ack{w.Entry.Author, w.Entry.ID, w.Seq})
	if w.Entry.Author != c.user || w.Entry.ID != out.id {
		c.world.violate("%s was answered with %s of %s", out.id, w.Entry.ID, w.Entry.Author)
	}
	if w.Entry.Kind == chat.KindPosted {
		c.posts = append(c.posts, w.Seq)
	}
	if w.Seq > c.cursor.Seq {
		c.cursor = w.Entry.Cursor()
	}
}

// raise moves since to the newest entry, having read all up to it; it reports
// whether the entry itself was among them.
func (c *client) raise(out *outgoing) (isThere bool) {
	if c.isBlind {
		_ = c.ask(func(ctx context.Context, p *process) error {
			heads, err := p.store.Heads(ctx, []chat.RoomID{modelRoom})
			if err == nil {
				out.since = heads[0].Cursor
			}
			return err
		})
		return false
	}
	read, err := c.read(out.since)
	if err != nil || len(read) == 0 {
		return false
	}
	for i := range read {
		if e := &read[i]; e.Author == c.user && e.ID == out.id {
			c.acks = append(c.acks, ack{e.Author, e.ID, e.Seq})
			return true
		}
	}
	out.since = read[len(read)-1].Cursor()
	c.raised++
	return false
}

// catchUp reads what came after the client's cursor.
func (c *client) catchUp() {
	read, err := c.read(c.cursor)
	if err == nil && len(read) > 0 {
		c.cursor = read[len(read)-1].Cursor()
	}
}

// read reads every entry after the cursor, by small pages.
func (c *client) read(after chat.Cursor) ([]chat.Entry, error) {
	var read []chat.Entry
	for {
		var page chat.LogPage
		err := c.ask(func(ctx context.Context, p *process) (err error) {
			page, err = p.store.Read(ctx, modelRoom, after, 4)
			return err
		})
		if err != nil {
			return nil, err
		}
		read = append(read, page.Entries...)
		c.seen = append(c.seen, page.Entries...)
		if !page.More || len(page.Entries) == 0 {
			return read, nil
		}
		after = page.Entries[len(page.Entries)-1].Cursor()
	}
}

// ask lets a process do something and waits for the answer, as long as it has
// patience. A lost answer is CodeUnavailable; what was asked may go on.
func (c *client) ask(do func(context.Context, *process) error) error {
	w := c.world
	w.mu.Lock()
	alive := w.alive()
	p := alive[c.rng.IntN(len(alive))]
	w.requests++
	owner := fmt.Sprintf("%s/%d@%s", c.name, w.requests, p.name)
	w.mu.Unlock()

	answer := make(chan error, 1)
	go func() {
		ctx := owned(context.Background(), owner)
		err := do(ctx, p)
		if p.isDead {
			err = chat.Errorf(chat.CodeUnavailable, "the process died")
		}
		answer <- err
	}()
	patience := &step{owner: c.name, what: "loses patience", kind: stepPatience, do: func() {}, done: make(chan error, 1)}
	w.mu.Lock()
	w.arrived = append(w.arrived, patience)
	w.mu.Unlock()
	select {
	case err := <-answer:
		patience.isWithdrawn = true
		return err
	case <-patience.done:
		return chat.Errorf(chat.CodeUnavailable, "no answer")
	}
}

// choose draws what the client does next. The service rightly refuses much of it.
func (c *client) choose() func(context.Context, *chat.Service, chat.Write) (chat.Written, error) {
	type service = chat.Service
	whom := modelUsers[c.rng.IntN(len(modelUsers))]
	post := 1 + chat.Seq(c.rng.IntN(int(c.cursor.Seq)+1))
	if len(c.posts) > 0 && c.rng.IntN(2) == 0 {
		post = c.posts[c.rng.IntN(len(c.posts))]
	}
	words := fmt.Sprintf("%s %d", c.name, c.sent)
	n := c.rng.IntN(100)
	return func(ctx context.Context, s *service, w chat.Write) (chat.Written, error) {
		switch {
		case n < 28:
			return s.Send(ctx, c.user, chat.Send{Write: w, Text: words, All: n < 3})
		case n < 34:
			return s.Send(ctx, c.user, chat.Send{Write: w, Text: words, Mentions: []chat.UserID{whom}})
		case n < 44:
			return s.Edit(ctx, c.user, chat.Edit{Write: w, Post: post, Text: words})
		case n < 52:
			return s.Delete(ctx, c.user, chat.Delete{Write: w, Post: post})
		case n < 58:
			return s.React(ctx, c.user, chat.React{Write: w, Post: post, Emoji: "👍"})
		case n < 61:
			return s.Unreact(ctx, c.user, chat.React{Write: w, Post: post, Emoji: "👍"})
		case n < 73:
			return s.Remove(ctx, c.user, chat.Remove{Write: w, User: whom})
		case n < 83:
			return s.Join(ctx, c.user, w)
		case n < 88:
			return s.Leave(ctx, c.user, w)
		case n < 96:
			role := []chat.Role{chat.RoleOwner, chat.RoleModerator, chat.RoleMember}[n%3]
			return s.SetRole(ctx, c.user, chat.SetRole{Write: w, User: whom, Role: role})
		default:
			return s.Pin(ctx, c.user, chat.Pin{Write: w, Post: post})
		}
	}
}

var modelUsers = []chat.UserID{"ann", "bo", "cho", "dae"}
