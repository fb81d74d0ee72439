package transcript

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/e2e/socket"
	"github.com/maru-chat/maru/internal/chat"
)

// Home is a running Maru.
type Home interface {
	// URL is the address that all paths begin with; a restart keeps it.
	URL() string
	// Operator is a secret that makes one user an operator, known to scripts as
	// $operator; "" for a home that offers none.
	Operator() string
	// Restart stops the home in order and starts it on the same data.
	Restart(ctx context.Context) error
}

// run is a script on its way.
type run struct {
	home     Home
	vars     values
	accounts map[string]*client.Account
	conns    map[string]*connection
}

// connection is an open socket with what it got and nobody has looked at yet.
type connection struct {
	socket  *socket.Conn
	frames  chan string // closed at the end of the connection
	isPlain bool
}

// stepLimit bounds the wait for one step.
const stepLimit = 10 * time.Second

// Run plays the script at the home. The error names the line that failed.
func (s *Script) Run(ctx context.Context, home Home) error {
	r := &run{
		home: home, vars: values{"operator": home.Operator()},
		accounts: map[string]*client.Account{"-": {Home: home.URL()}},
		conns:    map[string]*connection{},
	}
	defer r.hangUp()
	for _, step := range s.steps {
		do := func(ctx context.Context) error { return step.do(ctx, r) }
		if err := bounded(ctx, do); err != nil {
			return fmt.Errorf("%s:%d: %s\n%w", s.Name, step.line, step.text, err)
		}
	}
	if err := bounded(ctx, r.nothingMore); err != nil {
		return fmt.Errorf("%s: after the last line\n%w", s.Name, err)
	}
	return nil
}

// bounded gives one step its time.
func bounded(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	return do(ctx)
}

func (r *run) user(ctx context.Context, names []string) error {
	account, err := client.SignIn(ctx, r.home.URL(), names[0])
	if err != nil {
		return err
	}
	r.accounts[names[0]] = account
	r.vars[names[0]] = string(account.User)
	return nil
}

func (r *run) account(name string) (*client.Account, error) {
	account := r.accounts[name]
	if account == nil {
		return nil, fmt.Errorf("%s is no user", name)
	}
	return account, nil
}

func (r *run) publicRoom(ctx context.Context, names []string) error {
	if err := r.createRoom(ctx, names[0], names[1], chat.Public); err != nil {
		return err
	}
	for _, member := range names[2:] {
		account, err := r.account(member)
		if err != nil {
			return err
		}
		if _, err := account.JoinRoom(ctx, chat.RoomID(fmt.Sprint(r.vars[names[0]]))); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) privateRoom(ctx context.Context, names []string) error {
	return r.createRoom(ctx, names[0], names[1], chat.Private)
}

func (r *run) createRoom(ctx context.Context, name, owner string, visibility chat.Visibility) error {
	account, err := r.account(owner)
	if err != nil {
		return err
	}
	room := uuid.NewString()
	r.vars[name] = room
	_, err = account.CreateRoom(ctx, chat.RoomID(room), "room "+name, visibility)
	return err
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
	url := "ws" + strings.TrimPrefix(r.home.URL(), "http") + path
	conn, err := socket.Dial(ctx, url, http.Header{"Origin": {"https://classic.example"}})
	if err != nil {
		return err
	}
	return r.listen(words[0], &connection{socket: conn, isPlain: true})
}

// maxUnread is how many frames a connection may get before a script looks.
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
			for line := range strings.Lines(string(message)) {
				if line = strings.TrimSpace(line); !isAgain(line, pushed) {
					conn.frames <- line
				}
			}
		}
	}()
	return nil
}

// isAgain reports whether the line pushes an entry that the connection has had:
// a home may push an entry again when its sender sends it again.
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

// expect takes as many frames as there are patterns and pairs them.
func (r *run) expect(ctx context.Context, name string, patterns []any) error {
	conn, err := r.connection(name)
	if err != nil {
		return err
	}
	var frames []any
	for range patterns {
		select {
		case text, isOpen := <-conn.frames:
			if !isOpen {
				return fmt.Errorf("the connection ended after\n%s", show(frames))
			}
			frame, err := parseJSON([]byte(text))
			if err != nil {
				return err
			}
			frames = append(frames, frame)
		case <-ctx.Done():
			return fmt.Errorf("nothing more came; so far\n%s", show(frames))
		}
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

// show lists frames as they came.
func show(frames []any) string {
	var text strings.Builder
	for _, frame := range frames {
		line, _ := json.Marshal(frame) // what was parsed can be written
		fmt.Fprintf(&text, "  got %s\n", line)
	}
	return text.String()
}

func (r *run) ask(ctx context.Context, q question) error {
	account, err := r.account(q.user)
	if err != nil {
		return err
	}
	path, err := r.vars.expand(q.path)
	if err != nil {
		return err
	}
	var body any
	if q.body != "" {
		text, err := r.vars.expandJSON(q.body)
		if err != nil {
			return err
		}
		body = json.RawMessage(text)
	}
	status, answer, err := account.Exchange(ctx, q.method, path, body)
	if err != nil {
		return err
	}
	if status != q.status {
		return fmt.Errorf("answered %d, want %d: %s", status, q.status, answer)
	}
	if !q.hasWant {
		return nil
	}
	got, err := parseJSON(answer)
	if err != nil {
		return err
	}
	if err := match(q.want, got, r.vars); err != nil {
		return fmt.Errorf("%w\n  got %s", err, answer)
	}
	return nil
}

func (r *run) drop(_ context.Context, names []string) error {
	conn, err := r.connection(names[0])
	if err != nil {
		return err
	}
	delete(r.conns, names[0])
	return conn.socket.Close()
}

// closed waits for the end of a connection, on which nothing more may come.
func (r *run) closed(ctx context.Context, names []string) error {
	conn, err := r.connection(names[0])
	if err != nil {
		return err
	}
	select {
	case text, isOpen := <-conn.frames:
		if isOpen {
			return fmt.Errorf("the connection is open and got %s", text)
		}
	case <-ctx.Done():
		return errors.New("the connection is still open")
	}
	delete(r.conns, names[0])
	return nil
}

func (r *run) restart(ctx context.Context, _ []string) error { return r.home.Restart(ctx) }

// fence is a frame whose answer shows that everything before it has arrived.
const (
	fence       = `{"action":"heartbeat","ref":"the-end","cursors":{}}`
	fenceAnswer = `{"type":"heads.listed","ref":"the-end","heads":[]}`
)

// nothingMore looks whether any connection got what the script did not expect.
func (r *run) nothingMore(ctx context.Context) error {
	answer, err := parsePattern(fenceAnswer)
	if err != nil {
		return err
	}
	for name, conn := range r.conns {
		if conn.isPlain { // it has no fence: what came so far is all that can be known
			if len(conn.frames) > 0 {
				return fmt.Errorf("%s got more: %s", name, <-conn.frames)
			}
			continue
		}
		if err := r.send(name, []string{fence}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := r.expect(ctx, name, []any{answer}); err != nil {
			return fmt.Errorf("%s got more: %w", name, err)
		}
	}
	return nil
}

func (r *run) hangUp() {
	for _, conn := range r.conns {
		_ = conn.socket.Close()
	}
}
