package sqlitestore

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// pool lends read-only connections. A read is interrupted when its caller's
// context ends.
type pool struct {
	conns chan *readConn
	size  int
	quit  chan struct{}
}

// readConn is a connection of a pool.
type readConn struct {
	*sqlite.Conn
	// stop interrupts the running statement when it is closed. It is replaced only
	// then, because a new one costs a goroutine, as much as a short read.
	stop chan struct{}
}

func (c *readConn) makeStop() {
	c.stop = make(chan struct{})
	c.SetInterrupt(c.stop)
}

// until interrupts what runs on the connection when ctx ends. The returned
// function, called after the read, makes the connection fit for the next one.
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
		return asOfOneMoment(conn, func() error { return fn(conn) })
	})
}

// asOfOneMoment runs fn in a transaction: all that it reads is of one commit.
func asOfOneMoment(conn *sqlite.Conn, fn func() error) error {
	if err := exec(conn, "BEGIN"); err != nil {
		return err
	}
	err := fn()
	return errors.Join(err, exec(conn, "COMMIT"))
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

// fileURI escapes the path, so that none of its characters means anything to
// SQLite.
func fileURI(path, vfs string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	if vfs != "" {
		u.RawQuery = url.Values{"vfs": {vfs}}.Encode()
	}
	return u.String()
}
