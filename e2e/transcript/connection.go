package transcript

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/maru-chat/maru/e2e/socket"
)

// connection is an open socket with the frames that the script has not looked at
// yet.
type connection struct {
	socket  *socket.Conn
	frames  chan string // closed at the end of the connection
	isPlain bool
	// tolerated are the patterns of "?" lines.
	tolerated []any
}

func (r *run) connect(ctx context.Context, names []string) error {
	account, err := r.account(names[len(names)-1])
	if err != nil {
		return err
	}
	conn, err := account.Dial(ctx)
	if err != nil {
		return err
	}
	return r.listen(names[0], &connection{socket: conn})
}

func (r *run) plain(ctx context.Context, words []string) error {
	path, err := r.vars.expand(words[1])
	if err != nil {
		return err
	}
	conn, err := socket.Dial(ctx, r.home.ClassicSocket()+path, http.Header{"Origin": {"https://classic.example"}})
	if err != nil {
		return err
	}
	return r.listen(words[0], &connection{socket: conn, isPlain: true})
}

// maxUnread is how many frames a connection buffers until the script looks at them.
const maxUnread = 4096

func (r *run) listen(name string, conn *connection) error {
	if r.conns[name] != nil {
		return fmt.Errorf("%s is open already", name)
	}
	conn.frames = make(chan string, maxUnread)
	r.conns[name] = conn
	go func() {
		defer close(conn.frames)
		pushed := map[string]bool{}
		for {
			message, err := conn.socket.Read(nil)
			if err != nil {
				return
			}
			if conn.isPlain { // a classic message is one JSON value
				conn.frames <- string(message)
				continue
			}
			for line := range strings.Lines(string(message)) {
				if line = strings.TrimSpace(line); !isAgain(line, pushed) {
					conn.frames <- line
				}
			}
		}
	}()
	return nil
}

// isAgain reports whether the line pushes an entry that the connection already has:
// a home may push an entry again when its author sends it again.
func isAgain(line string, pushed map[string]bool) bool {
	if !strings.HasPrefix(line, `{"type":"entry.appended"`) {
		return false
	}
	was := pushed[line]
	pushed[line] = true
	return was
}

func (r *run) connection(name string) (*connection, error) {
	conn := r.conns[name]
	if conn == nil {
		return nil, fmt.Errorf("%s is not open", name)
	}
	return conn, nil
}

func (r *run) send(name string, frames []string) error {
	conn, err := r.connection(name)
	if err != nil {
		return err
	}
	for i := range frames {
		if frames[i], err = r.vars.expandJSON(frames[i]); err != nil {
			return err
		}
	}
	return conn.socket.Write([]byte(strings.Join(frames, "\n")))
}

// expect takes as many frames as there are patterns and matches them.
func (r *run) expect(ctx context.Context, name string, patterns []any) error {
	conn, err := r.connection(name)
	if err != nil {
		return err
	}
	var frames []any
	for range patterns {
		frame, err := conn.next(ctx, r.vars)
		if err != nil {
			return fmt.Errorf("%w; so far\n%s", err, show(frames))
		}
		frames = append(frames, frame)
	}
	if len(frames) == 1 {
		err = match(patterns[0], frames[0], r.vars)
	} else {
		err = matchSet(patterns, frames, r.vars)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, show(frames))
	}
	return nil
}

// errEnded says that the server has closed the connection.
var errEnded = errors.New("the connection has ended")

// next returns the next frame that is not tolerated.
func (c *connection) next(ctx context.Context, vars values) (any, error) {
	for {
		select {
		case text, isOpen := <-c.frames:
			if !isOpen {
				return nil, errEnded
			}
			frame, err := parseJSON([]byte(text))
			if err != nil || !c.tolerates(frame, vars) {
				return frame, err
			}
		case <-ctx.Done():
			return nil, errors.New("nothing more came")
		}
	}
}

func (c *connection) tolerates(frame any, vars values) bool {
	for _, pattern := range c.tolerated {
		if match(pattern, frame, maps.Clone(vars)) == nil {
			return true
		}
	}
	return false
}

func (r *run) tolerate(name string, pattern any) error {
	conn, err := r.connection(name)
	if err != nil {
		return err
	}
	conn.tolerated = append(conn.tolerated, pattern)
	return nil
}

// show lists frames in the order in which they came.
func show(frames []any) string {
	var text strings.Builder
	for _, frame := range frames {
		line, _ := json.Marshal(frame) // what was parsed can be written
		fmt.Fprintf(&text, "  got %s\n", line)
	}
	return text.String()
}

func (r *run) drop(_ context.Context, names []string) error {
	conn, err := r.connection(names[0])
	if err != nil {
		return err
	}
	delete(r.conns, names[0])
	return conn.socket.Close()
}

// closed waits for the end of a connection; no other frame may come before it.
func (r *run) closed(ctx context.Context, names []string) error {
	conn, err := r.connection(names[0])
	if err != nil {
		return err
	}
	frame, err := conn.next(ctx, r.vars)
	switch {
	case errors.Is(err, errEnded):
		delete(r.conns, names[0])
		return nil
	case err != nil:
		return fmt.Errorf("the connection is still open: %w", err)
	}
	return fmt.Errorf("the connection is open and got\n%s", show([]any{frame}))
}

// fence is a frame whose answer shows that everything before it has arrived.
const (
	fence       = `{"action":"heartbeat","ref":"the-end","cursors":{}}`
	fenceAnswer = `{"type":"heads.listed","ref":"the-end","heads":[]}`
)

// nothingMore fails if a connection got a frame that the script did not expect.
func (r *run) nothingMore(ctx context.Context) error {
	for name, conn := range r.conns {
		if conn.isPlain { // the classic API has no fence: only what has come so far can be seen
			if len(conn.frames) > 0 {
				return fmt.Errorf("%s got more: %s", name, <-conn.frames)
			}
			continue
		}
		if err := r.arrived(ctx, name); err != nil {
			return fmt.Errorf("%s got more: %w", name, err)
		}
	}
	return nil
}

// arrived sends the frames as one message, and waits until all have been carried
// out.
func (r *run) arrived(ctx context.Context, name string, frames ...string) error {
	answer, err := parsePattern(fenceAnswer)
	if err != nil {
		return err
	}
	if err := r.send(name, append(frames, fence)); err != nil {
		return err
	}
	return r.expect(ctx, name, []any{answer})
}

func (r *run) hangUp() {
	for _, conn := range r.conns {
		_ = conn.socket.Close()
	}
}
