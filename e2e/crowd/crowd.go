package crowd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
)

// Options say who talks where.
type Options struct {
	// Home is the prefix of all paths of the home's HTTP API.
	Home string
	// Seed decides what everybody plans to do, and when.
	Seed uint64
	// People is how many people there are, each in all Rooms.
	People int
	Rooms  []chat.RoomID
	// Pause bounds the time between two actions of a person; 0 means 60 ms.
	Pause time.Duration
	// Client returns the options of each person's client; nil means zero options.
	Client func(person int) client.Options
	// Output returns what the home has written, to show with a failure; it may be
	// nil.
	Output func() string
}

const (
	defaultPause = 60 * time.Millisecond
	// entering is how many people sign in and join at once: more would only compete
	// for the slots of one room.
	entering = 3
)

// Crowd is a number of people, each in all rooms.
type Crowd struct {
	People  []*Person
	Rooms   []chat.RoomID
	options Options
	// quiet is how many bytes the home had written before.
	quiet int
}

// Gather signs everybody in and makes them members of every room; the first person
// creates the rooms. The people's clients end with ctx.
func Gather(ctx context.Context, t testing.TB, options Options) *Crowd {
	t.Helper()
	if options.Pause == 0 {
		options.Pause = defaultPause
	}
	if options.Client == nil {
		options.Client = func(int) client.Options { return client.Options{} }
	}
	c := &Crowd{options: options, Rooms: options.Rooms, People: make([]*Person, options.People)}
	if options.Output != nil {
		c.quiet = len(options.Output())
	}
	for i := range c.People {
		c.People[i] = &Person{
			rng:   rand.New(rand.NewPCG(options.Seed, uint64(i+1))),
			rooms: options.Rooms, maxPause: options.Pause,
		}
	}
	c.enterAll(ctx, t, c.join)
	c.enterAll(ctx, t, c.listen)
	return c
}

// enterAll does a step for the first person and then for all others.
func (c *Crowd) enterAll(ctx context.Context, t testing.TB, step func(ctx context.Context, t testing.TB, i int) error) {
	t.Helper()
	if err := step(ctx, t, 0); err != nil {
		t.Fatalf("%v\n%s", err, c.Output())
	}
	door := make(chan struct{}, entering)
	c.All(t, func(i int, _ *Person) error {
		if i == 0 {
			return nil
		}
		door <- struct{}{}
		defer func() { <-door }()
		return step(ctx, t, i)
	})
}

// join signs a person in and makes them a member of every room.
func (c *Crowd) join(ctx context.Context, _ testing.TB, i int) error {
	account, err := client.SignIn(ctx, c.options.Home, fmt.Sprintf("person %d", i))
	if err != nil {
		return err
	}
	c.People[i].account = account
	for _, room := range c.Rooms {
		if i == 0 {
			_, err = account.CreateRoom(ctx, room, string(room), chat.Public)
		} else {
			err = joinRoom(ctx, account, room)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// joinRoom joins a room, and tries again when told to: a room that many people join
// at once may be too busy for a while. Joining twice is harmless.
func joinRoom(ctx context.Context, account *client.Account, room chat.RoomID) error {
	for {
		_, err := account.JoinRoom(ctx, room)
		var refused *chat.Error
		if !errors.As(err, &refused) || refused.Code != chat.CodeUnavailable || refused.RetryAfter <= 0 {
			return err
		}
		select {
		case <-time.After(refused.RetryAfter):
		case <-ctx.Done():
			return err
		}
	}
}

// listen connects a person and reads every room.
func (c *Crowd) listen(ctx context.Context, t testing.TB, i int) error {
	p := c.People[i]
	p.Client = c.options.Client(i).Start(ctx, p.account)
	t.Cleanup(func() { <-p.Ended() })
	for _, room := range c.Rooms {
		p.Follow(room)
	}
	return p.Current(ctx)
}

// All calls do for everybody at once, and fails the test if a call fails.
func (c *Crowd) All(t testing.TB, do func(i int, p *Person) error) {
	t.Helper()
	errs := make([]error, len(c.People))
	var wg sync.WaitGroup
	for i, p := range c.People {
		wg.Go(func() { errs[i] = do(i, p) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.Fatal(c.Output())
	}
}

// Talk lets everybody talk until the function that it returns is called.
func (c *Crowd) Talk(ctx context.Context) (hush func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, p := range c.People {
		wg.Go(func() { p.Talk(ctx) })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// Settle waits until everybody is in every room and holds every entry, then judges
// the rooms. It returns the figures.
func (c *Crowd) Settle(ctx context.Context, t testing.TB) Findings {
	t.Helper()
	c.All(t, func(_ int, p *Person) error { return p.CatchUp(ctx) })
	c.All(t, func(_ int, p *Person) error { p.comeBack(); return p.CatchUp(ctx) })
	c.All(t, func(_ int, p *Person) error { return p.CatchUp(ctx) }) // with the entries of those who came back last
	return c.judge(ctx, t)
}

// Findings are the figures of what was judged.
type Findings struct {
	// Entries counts the entries in the logs of all rooms. The others count sent
	// entries: Posts the acknowledged posts, Repeated those that were sent more than
	// once, Resent those whose acknowledgement says that they existed before, and
	// Refused those that were refused.
	Entries, Posts, Repeated, Resent, Refused int
	// Counts are the sums over all clients.
	Counts client.Counts
}

// String returns the figures in words.
func (f Findings) String() string {
	return fmt.Sprintf("%d entries, %d of them posts, %d sent again, %d found by that, %d refused, %+v",
		f.Entries, f.Posts, f.Repeated, f.Resent, f.Refused, f.Counts)
}

func (f *Findings) add(sent *Sent) {
	if sent.Sendings > 1 {
		f.Repeated++
	}
	switch {
	case sent.Err != nil:
		f.Refused++
	case sent.Ack.Existed && sent.Ack.Cursor != nil:
		f.Resent++
	}
	if sent.Err == nil && sent.Content.Kind == chat.KindPosted {
		f.Posts++
	}
}

// judge collects and judges the evidence of each room.
func (c *Crowd) judge(ctx context.Context, t testing.TB) Findings {
	t.Helper()
	var f Findings
	for _, room := range c.Rooms {
		evidence, err := c.evidence(ctx, room)
		if err != nil {
			t.Fatal(err)
		}
		for i := range evidence.Sent {
			f.add(&evidence.Sent[i])
		}
		f.Entries += len(evidence.Log)
		if err := evidence.Judge(); err != nil {
			t.Error(err)
		}
	}
	for _, p := range c.People {
		f.Counts = f.Counts.Plus(p.Counts())
		if p.Counts().Resets > 0 {
			t.Errorf("%s was told that a log is another", p.Account().Name)
		}
		for _, fault := range p.Faults() {
			t.Errorf("%s: %v", p.Account().Name, fault)
		}
	}
	return f
}

func (c *Crowd) evidence(ctx context.Context, room chat.RoomID) (*Evidence, error) {
	reader := c.People[0].Account()
	log, err := reader.Entries(ctx, room, chat.Cursor{})
	if err != nil {
		return nil, err
	}
	posts, err := reader.Posts(ctx, room)
	if err != nil {
		return nil, err
	}
	e := &Evidence{Room: room, Log: log, Posts: posts, Reader: reader.User, Views: map[chat.UserID][]chat.Entry{}}
	for _, p := range c.People {
		e.Views[p.Account().User] = p.Entries(room)
		e.Sent = append(e.Sent, p.sentTo(room)...)
	}
	return e, nil
}
