package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// codes says what HTTP's own refusals mean, those that never reach the domain.
var codes = map[int]chat.Code{
	http.StatusBadRequest:            chat.CodeInvalid,
	http.StatusUnprocessableEntity:   chat.CodeInvalid,
	http.StatusNotAcceptable:         chat.CodeInvalid,
	http.StatusMethodNotAllowed:      chat.CodeInvalid,
	http.StatusUnsupportedMediaType:  chat.CodeInvalid,
	http.StatusUnauthorized:          chat.CodeUnauthenticated,
	http.StatusNotFound:              chat.CodeNotFound,
	http.StatusRequestEntityTooLarge: chat.CodeTooLarge,
	http.StatusRequestTimeout:        chat.CodeUnavailable,
}

// statusOf replaces the one status of huma's that differs from the table: it
// tells JSON that is no JSON from JSON that is not what the schema says.
func statusOf(status int) int {
	if status == http.StatusUnprocessableEntity {
		return wire.Statuses[chat.CodeInvalid]
	}
	return status
}

// Problem is the body of every refusal and failure (RFC 9457).
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank: the code says what it is."`
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status."`
	Detail string `json:"detail" doc:"What is wrong, for people, in English."`
	// Code is for programs.
	Code chat.Code `json:"code" doc:"What is wrong, for programs: invalid, unauthenticated, forbidden, not_found, conflict, stale, too_large, rate_limited, unavailable or internal."`
	// Fields name what is wrong in the request, where that is known.
	Fields []Field `json:"fields,omitempty" doc:"What is wrong in the request, field by field."`
	// Head and Reset are of a chat.Error whose code is stale.
	Head  *wire.Cursor `json:"head,omitempty" doc:"With code stale: the newest cursor of the room."`
	Reset bool         `json:"reset,omitempty" doc:"With code stale: the cursor is not of this log; drop what you hold of the room."`
	// RetryAfterMS says the same as the header Retry-After, finer.
	RetryAfterMS int64 `json:"retry_after_ms,omitempty" doc:"How many milliseconds to wait before trying again."`

	err     error       // what the log is told
	headers http.Header // what the response carries beside it
}

// Field is one thing that is wrong with a request.
type Field struct {
	Name    string `json:"name" doc:"Where it is, such as body.title or query.limit."`
	Message string `json:"message" doc:"What is wrong with it."`
}

// problemOf says err in HTTP.
func problemOf(err error) *Problem {
	var known *chat.Error
	if !errors.As(err, &known) {
		known = &chat.Error{Code: chat.CodeInternal, Msg: "something went wrong on our side", Err: err}
	}
	status, isKnown := wire.Statuses[known.Code]
	if !isKnown {
		status = http.StatusInternalServerError
	}
	p := newProblem(status, known.Code, known.Msg)
	p.err = err
	if known.Code == chat.CodeStale {
		head := wire.Cursor(known.Head)
		p.Head, p.Reset = &head, known.Reset
	}
	if known.Code == chat.CodeUnauthenticated {
		p.headers.Set("WWW-Authenticate", `Bearer realm="maru"`)
	}
	if wait := known.RetryAfter; wait > 0 {
		p.RetryAfterMS = max(1, wait.Milliseconds())
		p.headers.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
	return p
}

func newProblem(status int, code chat.Code, detail string) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Code: code, headers: http.Header{},
	}
}

// problemOfModel says in our words what huma found wrong with a request. The
// values that it would echo are left out.
func problemOfModel(m *huma.ErrorModel) *Problem {
	code, isKnown := codes[m.Status]
	if !isKnown {
		code = chat.CodeInternal
	}
	p := newProblem(statusOf(m.Status), code, m.Detail)
	for _, found := range m.Errors {
		if found != nil {
			p.Fields = append(p.Fields, Field{Name: found.Location, Message: found.Message})
		}
	}
	if len(p.Fields) > 0 {
		p.Detail = p.Fields[0].Name + ": " + p.Fields[0].Message
	}
	return p
}

// Error makes a Problem an error that huma answers with.
func (p *Problem) Error() string { return p.Detail }

// Unwrap returns what the log is told.
func (p *Problem) Unwrap() error { return p.err }

// GetStatus returns the HTTP status; huma asks for it by this name.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers of the response; huma asks for them by this
// name.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is problem+json for what would be json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// write answers with the problem, outside huma.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone needs no answer
}
