package serverless

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Figures describe the processes of one function.
type Figures struct {
	// Processes is how many there are now, Busy how many of them handle an event.
	Processes int `json:"processes"`
	Busy      int `json:"busy"`
	// Starts and Crashes are counted since the home was started.
	Starts  int `json:"starts"`
	Crashes int `json:"crashes"`
}

// Functions returns the figures of every function, by name.
func (h *Home) Functions(ctx context.Context) (map[string]Figures, error) {
	answer, err := exchange(ctx, http.MethodGet, local("http", h.options.Ports.Control)+"/functions", nil)
	if err != nil {
		return nil, err
	}
	var figures map[string]Figures
	return figures, json.Unmarshal(answer, &figures)
}

// KillBusy kills the busy processes of the function, as a crash does, and returns
// how many those were.
func (h *Home) KillBusy(ctx context.Context, function string) (int, error) {
	url := local("http", h.options.Ports.Control) + "/functions/" + function + "/kill"
	answer, err := exchange(ctx, http.MethodPost, url, nil)
	if err != nil {
		return 0, err
	}
	var body struct{ Killed int }
	return body.Killed, json.Unmarshal(answer, &body)
}

// Invoke invokes the function as `aws lambda invoke` does.
func (h *Home) Invoke(ctx context.Context, function, payload string) ([]byte, error) {
	url := fmt.Sprintf("%s/2015-03-31/functions/maru-%s-%s/invocations",
		local("http", h.options.Ports.Lambda), h.options.Stage, function)
	return exchange(ctx, http.MethodPost, url, strings.NewReader(payload))
}

// OperatorLink returns a link that makes the person who opens it an operator.
func (h *Home) OperatorLink(ctx context.Context) (string, error) {
	answer, err := h.Invoke(ctx, "operator", "{}")
	if err != nil {
		return "", err
	}
	var body struct{ Link string }
	if err := json.Unmarshal(answer, &body); err != nil || body.Link == "" {
		return "", fmt.Errorf("the operator function answered %q, not a link", answer)
	}
	return body.Link, nil
}

// Operator returns a secret that makes a user an operator, or "" if the home gives
// none.
func (h *Home) Operator() string {
	link, err := h.OperatorLink(context.Background())
	if err != nil {
		return ""
	}
	_, secret, _ := strings.Cut(link, "#operator=")
	return secret
}
