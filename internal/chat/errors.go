package chat

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// Code says what kind of failure an [Error] is. Each transport maps codes in
// one table of its own; [Codes] lists them so that a test can walk them all.
type Code string

// The codes of every error that leaves the domain.
const (
	CodeInvalid         Code = "invalid"         // the request breaks a bound; sending it again changes nothing
	CodeUnauthenticated Code = "unauthenticated" // no token, or an expired one
	CodeForbidden       Code = "forbidden"       // known, but not allowed
	CodeNotFound        Code = "not_found"       // absent, or hidden from the caller
	CodeConflict        Code = "conflict"        // what the decision relied on has changed
	CodeStale           Code = "stale"           // the cursor is too old or of another log; Error.Head is the newest
	CodeTooLarge        Code = "too_large"       // over a size limit
	CodeRateLimited     Code = "rate_limited"    // try again after Error.RetryAfter
	CodeUnavailable     Code = "unavailable"     // it may or may not have been done; the same request may be sent again
	CodeInternal        Code = "internal"        // a defect or a broken store
)

// Codes lists every code.
var Codes = []Code{
	CodeInvalid, CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeConflict,
	CodeStale, CodeTooLarge, CodeRateLimited, CodeUnavailable, CodeInternal,
}

// Error is a failure with a code for programs and a text for people. Msg never
// holds a token, a secret or a message's text; Err is for the log alone.
type Error struct {
	Code Code
	Msg  string
	Err  error

	// Head is the newest entry of the room, set when Code is CodeStale.
	Head Cursor
	// Reset is set with CodeStale when the caller's cursor is not of this log
	// (a restored backup, or made up): the client drops what it holds of the room.
	Reset bool
	// RetryAfter is how long to wait. It is set with CodeRateLimited and, where
	// it is known, with CodeUnavailable.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Msg, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Msg)
}

// Unwrap returns the cause, which is nil for a refusal by rule.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error with a text for people and no cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// Wrap returns err as the cause of an Error, or nil when err is nil. msg names the
// operation and its key, for the log. An err that already is an Error keeps its
// code and its text for people; code is for all others.
func Wrap(err error, code Code, msg string) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		wrapped := *known
		wrapped.Err = fmt.Errorf("%s: %w", msg, err)
		return &wrapped
	}
	return &Error{Code: code, Msg: "something went wrong on our side", Err: fmt.Errorf("%s: %w", msg, err)}
}

// CodeOf returns the code of err: "" for nil, CodeInternal for an error that is
// not an [Error].
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// Stale returns the error for a cursor that is refused, with the head to go on
// from.
func Stale(head Cursor, reset bool) *Error {
	msg := "too far behind: read the room first, then send again"
	if reset {
		msg = "the cursor is not of this room's log"
	}
	return &Error{Code: CodeStale, Msg: msg, Head: head, Reset: reset}
}

// Panicked returns an error for a recovered panic, with the stack. It holds the
// value of a panic only if the runtime raised it, and otherwise the value's type:
// a value may hold what somebody wrote, and errors reach the log.
func Panicked(caught any) error {
	if own, isRuntimes := caught.(runtime.Error); isRuntimes {
		return fmt.Errorf("panic: %w\n%s", own, debug.Stack())
	}
	return fmt.Errorf("panic with a %T\n%s", caught, debug.Stack())
}
