package serverless

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/maru-chat/maru/e2e/program"
	"github.com/maru-chat/maru/e2e/resident"
)

// Options say how a home runs.
type Options struct {
	// Program is the path of the functions' program, built for this machine.
	Program string
	// DynamoDB is the URL of DynamoDB Local, which has the table and its stream.
	DynamoDB string
	// FunctionsDynamoDB is the URL that the functions use for it, such as that of a
	// fault proxy; "" for the same URL.
	FunctionsDynamoDB string
	// Stage names the home, whose table is called "maru-" and the stage; "" for a
	// unique name.
	Stage string
	// Environment is added to the environment that the deployment gives to the
	// functions.
	Environment map[string]string
	// Ports that are 0 are chosen.
	Ports Ports
	// IdleTimeout and HardTimeout are when idle sockets and all sockets are closed,
	// in whole seconds; 0 for AWS's ten minutes and two hours.
	IdleTimeout, HardTimeout time.Duration
	// Instances is the maximum number of processes of one function; 0 for 20.
	Instances int
	// Log receives the output of all processes; nil to keep it for Output.
	Log *os.File
}

// Ports are the loopback ports of a home: of the page, the HTTP API, the WebSocket
// API, Lambda's own API, and the API through which tests control the home.
type Ports struct {
	Page    int `json:"page"`
	API     int `json:"api"`
	Socket  int `json:"socket"`
	Lambda  int `json:"-"`
	Control int `json:"control"`
}

// all returns every port.
func (p *Ports) all() []*int { return []*int{&p.Page, &p.API, &p.Socket, &p.Lambda, &p.Control} }

// Home is a serverless Maru that can be started any number of times on one table.
// Its methods are not safe for concurrent use, except those that only send a
// request to the running home.
type Home struct {
	options Options
	root    string
	output  *output
	process *process
}

const (
	defaultInstances = 20
	// startTimeout bounds the time until the home answers. It allows for a machine
	// that is busy with other tests.
	startTimeout = 60 * time.Second
	stopTimeout  = 15 * time.Second
)

// New fills in defaults and starts a home.
func New(ctx context.Context, options Options) (*Home, error) {
	root, err := program.Root()
	if err != nil {
		return nil, err
	}
	if options.Program, err = filepath.Abs(options.Program); err != nil {
		return nil, err
	}
	if options.Stage == "" {
		options.Stage = "t" + uuid.NewString()[:8]
	}
	if options.Instances == 0 {
		options.Instances = defaultInstances
	}
	for _, port := range options.Ports.all() {
		if *port == 0 {
			if *port, err = freePort(); err != nil {
				return nil, err
			}
		}
	}
	out := &output{options.Log}
	if options.Log == nil {
		if out, err = newOutput(); err != nil {
			return nil, err
		}
	}
	h := &Home{options: options, root: root, output: out}
	if err := h.Start(ctx); err != nil {
		return nil, err
	}
	return h, nil
}

func freePort() (int, error) {
	addr, err := resident.FreeAddr()
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

// URL is the address of the HTTP API.
func (h *Home) URL() string { return local("http", h.options.Ports.API) }

// PageURL is the address of the page.
func (h *Home) PageURL() string { return local("http", h.options.Ports.Page) }

// ClassicSocket is the beginning of the addresses of classic sockets.
func (h *Home) ClassicSocket() string { return local("ws", h.options.Ports.Socket) }

// Table is the name of the home's table.
func (h *Home) Table() string { return "maru-" + h.options.Stage }

// Ports returns the ports that the home listens on.
func (h *Home) Ports() Ports { return h.options.Ports }

// Output returns what all processes of the home have written so far.
func (h *Home) Output() string { return h.output.String() }

// Ended is closed when the home ends, for whatever reason. Each start has its own
// channel.
func (h *Home) Ended() <-chan struct{} { return h.process.exited }

func local(scheme string, port int) string {
	return scheme + "://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// Start starts the home and returns when its page and its functions answer.
func (h *Home) Start(ctx context.Context) error {
	cmd, err := h.command()
	if err != nil {
		return err
	}
	if h.process, err = launch(cmd); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := h.awaitReady(ctx); err != nil {
		h.Kill()
		return fmt.Errorf("start the serverless home: %w\n%s", err, h.Output())
	}
	return nil
}

// settings is the JSON that deploy/local/settings.js reads.
type settings struct {
	Program     string            `json:"program"`
	DynamoDB    string            `json:"dynamodb"`
	Page        string            `json:"page"`
	Ports       Ports             `json:"ports"`
	Environment map[string]string `json:"environment"`
	Instances   int               `json:"instances"`
}

func (h *Home) command() (*exec.Cmd, error) {
	o := h.options
	functionsDynamoDB := o.DynamoDB
	if o.FunctionsDynamoDB != "" {
		functionsDynamoDB = o.FunctionsDynamoDB
	}
	environment := map[string]string{
		"MARU_DYNAMODB_URL": functionsDynamoDB,
		"MARU_RATES":        "off",
		"MARU_CLASSIC":      "true",  // a deployment has it off by default
		"MARU_ORIGINS":      h.URL(), // the origin of clients without a page
	}
	maps.Copy(environment, o.Environment)
	text, err := json.Marshal(settings{
		Program: o.Program, DynamoDB: o.DynamoDB, Page: filepath.Join(h.root, "web", "dist"),
		Ports: o.Ports, Environment: environment, Instances: o.Instances,
	})
	if err != nil {
		return nil, err
	}
	args := []string{
		filepath.Join(h.root, "node_modules", "osls", "bin", "serverless.js"), "offline", "start",
		"--config", "serverless.local.mjs", "--stage", o.Stage, "--host", "127.0.0.1",
		"--httpPort", strconv.Itoa(o.Ports.API), "--websocketPort", strconv.Itoa(o.Ports.Socket),
		"--lambdaPort", strconv.Itoa(o.Ports.Lambda),
		"--useInProcess", "--noTimeout", "--noSponsor", "--disableCookieValidation",
	}
	for flag, limit := range map[string]time.Duration{"--webSocketIdleTimeout": o.IdleTimeout, "--webSocketHardTimeout": o.HardTimeout} {
		if limit > 0 {
			args = append(args, flag, strconv.Itoa(int(limit/time.Second)))
		}
	}
	cmd := exec.Command("node", args...)
	cmd.Dir = filepath.Join(h.root, "deploy")
	cmd.Env = append(os.Environ(), "MARU_LOCAL="+string(text), "SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off")
	cmd.Stdout, cmd.Stderr = h.output.file, h.output.file
	return cmd, nil
}

func (h *Home) awaitReady(ctx context.Context) error {
	const pause = 20 * time.Millisecond
	for {
		// The page's server forwards this to the HTTP API, which invokes a function.
		if _, err := exchange(ctx, http.MethodGet, h.PageURL()+"/config.json", nil); err == nil {
			return nil
		}
		select {
		case <-h.process.exited:
			return fmt.Errorf("it ended: %s", h.process.cmd.ProcessState)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// Stop stops the home; its table stays. It returns an error if a process is left,
// or if it takes longer than 15 s.
func (h *Home) Stop() error {
	if err := h.process.stop(stopTimeout); err != nil {
		return fmt.Errorf("stop the serverless home: %w\n%s", err, h.Output())
	}
	return nil
}

// Kill kills every process of the home. It does nothing if the home does not run.
func (h *Home) Kill() {
	if h != nil && h.process != nil {
		h.process.kill()
	}
}

// Restart stops the home and starts it again on the same table.
func (h *Home) Restart(ctx context.Context) error {
	if err := h.Stop(); err != nil {
		return err
	}
	return h.Start(ctx)
}

// exchange sends a request and returns the body of a 2xx answer.
func exchange(ctx context.Context, method, url string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s answered %d: %s", method, url, res.StatusCode, answer)
	}
	return answer, nil
}
