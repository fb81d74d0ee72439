package apigw

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Sockets reaches open connections; [*Management] satisfies it. Both methods make
// one attempt and are safe for concurrent use.
type Sockets interface {
	// Post sends one message of at most wire.MaxMessage bytes. ErrGone when the
	// connection has ended or is not open yet, ErrThrottled when the account
	// makes too many requests; after any other error it may have been sent.
	Post(ctx context.Context, conn chat.ConnID, message []byte) error
	// Close hangs up; ErrGone and ErrThrottled as above.
	Close(ctx context.Context, conn chat.ConnID) error
}

// The errors that Sockets distinguishes.
var (
	ErrGone      = errors.New("the connection has ended")
	ErrThrottled = errors.New("too many requests")
)

const (
	// postWait bounds one attempt at one push, pushWait all direct pushes of one
	// event: readers ask for what was not pushed by then.
	postWait = 500 * time.Millisecond
	pushWait = time.Second
	// pageWait bounds the pushes to one page of listeners when the stream delivers
	// entries: the records that follow in its shard wait.
	pageWait = 5 * time.Second
	// retryWait doubles with each refusal, up to maxRetryWait, and is multiplied
	// by a random number in [0, 1).
	retryWait    = 50 * time.Millisecond
	maxRetryWait = 400 * time.Millisecond
	// openWait is how long after its connect a connection may not be open yet: until
	// the answer to $connect has left, a push returns ErrGone.
	openWait = 5 * time.Second
)

// pusher sends messages to connections independently: none waits for another, and
// the reader asks for what a failed push did not bring.
type pusher struct {
	sockets     Sockets
	connections ConnectionRows
	listeners   ListenerRows
	now         func() time.Time
	sleep       func(ctx context.Context, d time.Duration) error
	random      func() float64
	log         *slog.Logger
	// postWait bounds one try at one push, pushWait all pushes of one event,
	// pageWait those to a page of listeners.
	postWait, pushWait, pageWait time.Duration
}

// push is the messages for one connection, in order.
type push struct {
	to       Row
	messages [][]byte
}

// deliver sends the pushes, at most parallel at once, and returns when all are
// sent or given up. ctx bounds them all.
func (p *pusher) deliver(ctx context.Context, pushes []push, parallel int) {
	failures := make([]error, len(pushes))
	free := make(chan struct{}, parallel)
	var sending sync.WaitGroup
	for i := range pushes {
		free <- struct{}{}
		sending.Go(func() {
			failures[i] = p.send(ctx, &pushes[i])
			<-free
		})
	}
	sending.Wait()
	p.report(ctx, pushes, failures)
}

// deliverPage sends the stream's pushes to one page of listeners, within pageWait.
func (p *pusher) deliverPage(ctx context.Context, pushes []push) {
	ctx, cancel := context.WithTimeout(ctx, p.pageWait)
	defer cancel()
	p.deliver(ctx, pushes, maxParallel)
}

// report logs what was lost; that a connection has ended is no loss.
func (p *pusher) report(ctx context.Context, pushes []push, failures []error) {
	lost, last := 0, error(nil)
	for i, err := range failures {
		if err == nil || errors.Is(err, ErrGone) {
			continue
		}
		lost, last = lost+1, err
		p.log.DebugContext(ctx, "push lost", "conn", pushes[i].to.Conn, "room", pushes[i].to.Room, "err", err)
	}
	if lost > 0 {
		p.log.WarnContext(ctx, "pushes lost", "room", pushes[0].to.Room, "lost", lost, "of", len(pushes), "err", last)
	}
}

// send sends one connection's messages in order, up to the first that fails.
func (p *pusher) send(ctx context.Context, to *push) error {
	for _, message := range to.messages {
		err := p.retry(ctx, func(ctx context.Context) error { return p.sockets.Post(ctx, to.to.Conn, message) })
		if errors.Is(err, ErrGone) && !p.mayOpen(&to.to) {
			p.forget(ctx, &to.to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hangUp closes a connection and forgets it. It waits for a connection that is not
// open yet, as long as ctx allows.
func (p *pusher) hangUp(ctx context.Context, r *Row) error {
	for {
		err := p.retry(ctx, func(ctx context.Context) error { return p.sockets.Close(ctx, r.Conn) })
		switch {
		case err == nil, errors.Is(err, ErrGone) && !p.mayOpen(r):
			p.forget(ctx, r)
			return nil
		case !errors.Is(err, ErrGone) || p.sleep(ctx, maxRetryWait) != nil:
			return err
		}
	}
}

// mayOpen reports whether a connection that is not there may be about to open.
func (p *pusher) mayOpen(r *Row) bool { return p.now().Sub(r.ConnectedAt) < openWait }

// retry repeats try while it is throttled, as long as ctx allows.
func (p *pusher) retry(ctx context.Context, try func(context.Context) error) error {
	for wait := retryWait; ; wait = min(2*wait, maxRetryWait) {
		err := within(ctx, p.postWait, try)
		if !errors.Is(err, ErrThrottled) {
			return err
		}
		if p.sleep(ctx, time.Duration(p.random()*float64(wait))) != nil {
			return err
		}
	}
}

func within(ctx context.Context, wait time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return do(ctx)
}

// forget removes the rows of a connection that has ended. If r is the listener of a
// room, that row is removed in any case: it may have been saved while another
// process removed the rest.
func (p *pusher) forget(ctx context.Context, r *Row) {
	var err error
	if r.Room != "" {
		err = p.listeners.RemoveListener(ctx, r.Room, r.Conn)
	}
	if err = errors.Join(err, p.connections.RemoveConnection(ctx, r.User, r.Conn)); err != nil {
		p.log.WarnContext(ctx, "rows of an ended connection stay", "conn", r.Conn, "err", err)
	}
}

// join puts the lines, in order and separated by newlines, into as few messages as
// hold them.
func join(lines [][]byte) [][]byte {
	var messages [][]byte
	for _, line := range lines {
		last := len(messages) - 1
		if last < 0 || len(messages[last])+len("\n")+len(line) > wire.MaxMessage {
			messages = append(messages, append([]byte(nil), line...))
			continue
		}
		messages[last] = append(append(messages[last], '\n'), line...)
	}
	return messages
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
