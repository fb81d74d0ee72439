package sqlitestore

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// pool lends connections that only read. Each read sees the file as the newest
// commit before its first statement left it, and ends early when its caller's
// context does.
type pool struct {
	conns chan *readConn
	size  int
	quit  chan struct{}
}

// readConn is a connection of a pool.
type readConn struct {
	*sqlite.Conn
	// stop interrupts what runs when it is closed. It lasts until then: a new one
	// costs a goroutine, as much as a short read.
	stop chan struct{}
}

func (c *readConn) makeStop() {
	c.stop = make(chan struct{})
	c.SetInterrupt(c.stop)
}

// until has what runs interrupted when ctx ends. The function that it returns
// ends that, and leaves the connection good for others.
func (c *readConn) until(ctx context.Context) (done func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	forget := context.AfterFunc(ctx, func() { close(c.stop) })
	return func() {
		if !forget() {
			<-c.stop
			c.makeStop()
		}
	}
}

func newPool(uri string, size int) (*pool, error) {
	p := &pool{conns: make(chan *readConn, size), size: size, quit: make(chan struct{})}
	for range size {
		conn, err := openConn(uri, sqlite.OpenReadOnly|sqlite.OpenURI, "cache_size = -16384", "temp_store = MEMORY")
		if err != nil {
			p.size = len(p.conns)
			return nil, errors.Join(err, p.close())
		}
		lent := &readConn{Conn: conn}
		lent.makeStop()
		p.conns <- lent
	}
	return p, nil
}

// read lends a connection to fn for one or more statements that need not see
// the same commit.
func (p *pool) read(ctx context.Context, fn func(*sqlite.Conn) error) (err error) {
	conn, err := p.take(ctx)
	if err != nil {
		return err
	}
	done := conn.until(ctx)
	defer func() {
		done()
		if !conn.AutocommitEnabled() { // fn was interrupted in a transaction
			err = errors.Join(err, exec(conn.Conn, "ROLLBACK"))
		}
		p.conns <- conn
	}()
	err = fn(conn.Conn)
	if ctx.Err() != nil && sqlite.ErrCode(err) == sqlite.ResultInterrupt {
		err = chat.Wrap(ctx.Err(), chat.CodeUnavailable, "interrupted")
	}
	return err
}

// snapshot lends a connection to fn; all its statements see the same commit.
func (p *pool) snapshot(ctx context.Context, fn func(*sqlite.Conn) error) error {
	return p.read(ctx, func(conn *sqlite.Conn) error {
		if err := exec(conn, "BEGIN"); err != nil {
			return err
		}
		err := fn(conn)
		return errors.Join(err, exec(conn, "COMMIT"))
	})
}

func (p *pool) take(ctx context.Context) (*readConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "not begun")
	}
	select {
	case <-p.quit:
		return nil, errClosed
	default:
	}
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.quit:
		return nil, errClosed
	case <-ctx.Done():
		return nil, chat.Wrap(ctx.Err(), chat.CodeUnavailable, "waiting for a connection")
	}
}

// close waits for the reads under way.
func (p *pool) close() error {
	close(p.quit)
	var errs []error
	for range p.size {
		errs = append(errs, (<-p.conns).Close())
	}
	return errors.Join(errs...)
}

// fileURI names the file so that no character of its path means anything.
func fileURI(path, vfs string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	if vfs != "" {
		u.RawQuery = url.Values{"vfs": {vfs}}.Encode()
	}
	return u.String()
}
