package wire

import (
	"errors"
	"strconv"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Problem is the body of every HTTP error (RFC 9457), the refusal of a socket
// included.
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank: the code says what it is."`
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status."`
	Detail string `json:"detail" doc:"What is wrong, for people, in English."`
	// Code is for programs.
	Code chat.Code `json:"code" doc:"What is wrong, for programs: invalid, unauthenticated, forbidden, not_found, conflict, stale, too_large, rate_limited, unavailable or internal."`
	// Head and Reset are of a chat.Error whose code is stale.
	Head  *Cursor `json:"head,omitempty" doc:"With code stale: the newest cursor of the room."`
	Reset bool    `json:"reset,omitempty" doc:"With code stale: the cursor is not of this log; drop what you hold of the room."`
	// RetryAfterMS is the header Retry-After in milliseconds.
	RetryAfterMS int64 `json:"retry_after_ms,omitempty" doc:"How many milliseconds to wait before trying again."`
}

// unavailableWait is how long to wait after CodeUnavailable if the error does not
// say.
const unavailableWait = time.Second

// ProblemOf returns the problem that describes err, without err's cause, which is
// for the log. The sender adds the title.
func ProblemOf(err error) Problem {
	var known *chat.Error
	if !errors.As(err, &known) {
		known = chat.Errorf(chat.CodeInternal, "something went wrong on our side")
	}
	status, isKnown := Statuses[known.Code]
	if !isKnown {
		status = Statuses[chat.CodeInternal]
	}
	p := Problem{Type: "about:blank", Status: status, Detail: known.Msg, Code: known.Code}
	if known.Code == chat.CodeStale {
		head := Cursor(known.Head)
		p.Head, p.Reset = &head, known.Reset
	}
	wait := known.RetryAfter
	if wait == 0 && known.Code == chat.CodeUnavailable {
		wait = unavailableWait
	}
	if wait > 0 {
		p.RetryAfterMS = max(1, wait.Milliseconds())
	}
	return p
}

// ProblemType is the media type of a problem.
const ProblemType = "application/problem+json"

// Headers returns the headers that a response with p has besides Content-Type.
func (p *Problem) Headers() map[string]string {
	headers := map[string]string{}
	if p.Code == chat.CodeUnauthenticated {
		headers["WWW-Authenticate"] = `Bearer realm="maru"`
	}
	if p.RetryAfterMS > 0 { // in whole seconds (RFC 9110, section 10.2.3)
		headers["Retry-After"] = strconv.FormatInt((p.RetryAfterMS+999)/1000, 10)
	}
	return headers
}
