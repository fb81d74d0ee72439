package wsserver

import (
	"errors"
	"os"
	"time"

	"github.com/gobwas/ws"

	"github.com/maru-chat/maru/internal/chat"
)

const (
	// partingWait is how long a peer that was told of the close may still send:
	// what was on its way is carried out and acknowledged.
	partingWait = 250 * time.Millisecond
	// closeWait is how long the peer may take to answer our close frame.
	closeWait = time.Second
)

// end tells the peer why the connection ends, if that is known, and waits until
// the peer has received it.
func (c *connection) end(why error) {
	var breach *ProtocolError
	switch {
	case errors.As(why, &breach):
		c.refuse(breach)
	case c.isParting.Load() && errors.Is(why, os.ErrDeadlineExceeded):
		c.conclude(closeFrame(ws.StatusGoingAway, ""))
	default:
		return
	}
	if c.conn.SetReadDeadline(time.Now().Add(closeWait)) != nil {
		return
	}
	for {
		if m, err := c.conn.Read(); err != nil || m.Kind == MessageClose {
			return
		}
	}
}

// breachCodes maps the close codes of breaches to error codes; all others are
// CodeInvalid.
var breachCodes = map[ws.StatusCode]chat.Code{ws.StatusMessageTooBig: chat.CodeTooLarge}

func (c *connection) refuse(breach *ProtocolError) {
	code, isKnown := breachCodes[breach.Code]
	if !isKnown {
		code = chat.CodeInvalid
	}
	if line := c.codec.refusal(chat.Errorf(code, "%s", breach.Reason)); line != nil {
		c.enqueue(answer(line))
	}
	c.conclude(closeFrame(breach.Code, breach.Reason))
}

// conclude sends what waits and then a last frame, and takes closeWait at most.
func (c *connection) conclude(last frame) {
	isWoken, written := c.finish(last)
	c.write(isWoken)
	if written == nil {
		return
	}
	select {
	case <-written:
	case <-time.After(closeWait):
	}
}

// closeAnswer echoes the code of the peer's close frame, or answers
// StatusProtocolError if that is not valid.
func closeAnswer(payload []byte) frame {
	if len(payload) == 0 {
		return controlFrame(ws.OpClose, nil)
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if err := ws.CheckCloseFrameData(code, reason); err != nil {
		code = ws.StatusProtocolError
	}
	return closeFrame(code, "")
}

func closeFrame(code ws.StatusCode, reason string) frame {
	return controlFrame(ws.OpClose, ws.NewCloseFrameBody(code, reason))
}

// part tells the peer that the connection is about to close, which it does after
// partingWait.
func (c *connection) part(reason string) { c.partWith(c.codec.closing(reason)) }

func (c *connection) partWith(line []byte) {
	if c.isParting.Swap(true) {
		return
	}
	if line != nil {
		c.enqueue(answer(line))
	}
	c.hurry()
}

// hurry lets the peer send for partingWait only. For a connection that is not open
// yet, start does so.
func (c *connection) hurry() {
	conn := c.opened()
	if conn == nil {
		return
	}
	if err := conn.SetReadDeadline(time.Now().Add(partingWait)); err != nil {
		c.kill()
	}
}

func (c *connection) opened() Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// kill closes the connection without telling the peer; whoever reads it then ends it.
func (c *connection) kill() {
	c.abandon()
	if conn := c.opened(); conn != nil {
		_ = conn.Close() // nothing can be done about a failure
	}
}
