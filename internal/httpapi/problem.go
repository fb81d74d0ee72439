package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// codes maps the statuses of refusals that never reach the domain to codes.
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

// statusOf replaces the one status of huma that differs from our table: huma
// distinguishes malformed JSON (400) from JSON that breaks the schema (422).
func statusOf(status int) int {
	if status == http.StatusUnprocessableEntity {
		return wire.Statuses[chat.CodeInvalid]
	}
	return status
}

// Problem is the body of every error (RFC 9457).
type Problem struct {
	wire.Problem
	// Fields names the fields of the request that are wrong, if that is known.
	Fields []Field `json:"fields,omitempty" doc:"What is wrong in the request, field by field."`

	err     error       // the cause, for the log
	headers http.Header // of the response
}

// Field is one thing that is wrong with a request.
type Field struct {
	Name    string `json:"name" doc:"Where it is, such as body.title or query.limit."`
	Message string `json:"message" doc:"What is wrong with it."`
}

// problemOf returns the problem that answers err.
func problemOf(err error) *Problem {
	p := newProblem(wire.ProblemOf(err))
	p.err = err
	return p
}

// problemWith returns a problem whose status is not the one of its code.
func problemWith(status int, code chat.Code, detail string) *Problem {
	said := wire.ProblemOf(chat.Errorf(code, "%s", detail))
	said.Status = status
	return newProblem(said)
}

func newProblem(said wire.Problem) *Problem {
	said.Title = http.StatusText(said.Status)
	p := &Problem{Problem: said, headers: http.Header{}}
	for name, value := range said.Headers() {
		p.headers.Set(name, value)
	}
	return p
}

// problemOfModel returns huma's error as a Problem, without the values of the
// request that huma would echo.
func problemOfModel(m *huma.ErrorModel) *Problem {
	code, isKnown := codes[m.Status]
	if !isKnown {
		code = chat.CodeInternal
	}
	p := problemWith(statusOf(m.Status), code, m.Detail)
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

// Unwrap returns the cause, for the log.
func (p *Problem) Unwrap() error { return p.err }

// GetStatus returns the HTTP status; huma asks for it by this name.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers of the response; huma asks for them by this
// name.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType returns the media type of problems; huma asks for it by this name.
func (p *Problem) ContentType(string) string { return wire.ProblemType }

// write answers with the problem, for requests that do not go through huma.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", wire.ProblemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone needs no answer
}
