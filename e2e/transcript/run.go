package transcript

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Home is a running Maru.
type Home interface {
	// URL returns the prefix of all HTTP paths; a restart keeps it.
	URL() string
	// ClassicSocket returns the prefix of the addresses of classic sockets.
	ClassicSocket() string
	// Operator returns a secret that makes one user an operator, $operator in
	// scripts; "" if the home offers none.
	Operator() string
	// Restart shuts the home down and starts it on the same data.
	Restart(ctx context.Context) error
}

// run is a script that is being played.
type run struct {
	home     Home
	vars     values
	accounts map[string]*client.Account
	conns    map[string]*connection
}

// stepLimit bounds one step: the longest is a flood of a thousand posts in the
// serverless home, on a machine that is busy with other tests.
const stepLimit = 2 * time.Minute

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

// bounded calls do with stepLimit as its time limit.
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

// floodBatch is how many posts a flood sends in one message.
const floodBatch = 50

// flood sends many posts on a connection that has not joined the room.
func (r *run) flood(ctx context.Context, words []string) error {
	account, err := r.account(words[0])
	if err != nil {
		return err
	}
	room := fmt.Sprint(r.vars[words[1]])
	count, err := strconv.Atoi(words[2])
	if err != nil {
		return err
	}
	for count > 0 {
		var view wire.RoomView
		if err := account.Do(ctx, http.MethodGet, "/rooms/"+room, nil, &view); err != nil {
			return err
		}
		since, batch := chat.Cursor(view.Head.Cursor), min(count, floodBatch)
		frames := make([]string, 0, batch)
		for i := range batch {
			frames = append(frames, fmt.Sprintf(`{"action":"send","room":%q,"id":"flood-%d-%d","since":%q,"text":"%d"}`,
				room, since.Seq, i, since, i))
		}
		// Frames of one message are carried out in order in every home, messages are not.
		if err := r.arrived(ctx, words[0], frames...); err != nil {
			return err
		}
		count -= batch
	}
	return nil
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

func (r *run) restart(ctx context.Context, _ []string) error { return r.home.Restart(ctx) }
