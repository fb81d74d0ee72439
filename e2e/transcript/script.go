package transcript

import (
	"context"
	"fmt"
	"strings"
)

// Script is a parsed transcript.
type Script struct {
	// Name names the script in errors.
	Name string
	// NeedsOwn says that the script restarts its home, so that it cannot share it.
	NeedsOwn bool
	steps    []step
}

// step is one step of a script.
type step struct {
	line int
	text string
	do   func(context.Context, *run) error
}

// source is the text of a script that is being parsed.
type source struct {
	lines []string
	at    int // the next line
}

// Parse parses a script. Its errors begin with name.
func Parse(name, text string) (*Script, error) {
	script := &Script{Name: name}
	src := &source{lines: strings.Split(text, "\n")}
	for src.at < len(src.lines) {
		line, number := strings.TrimSpace(src.lines[src.at]), src.at+1
		src.at++
		word, arguments, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case line == "own":
			script.NeedsOwn = true
			continue
		case verbs[word] == nil:
			return nil, fmt.Errorf("%s:%d: unknown word %q", name, number, word)
		}
		do, err := verbs[word](strings.TrimSpace(arguments), src)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		script.steps = append(script.steps, step{line: number, text: line, do: do})
	}
	return script, nil
}

// continued consumes the directly following lines that begin with the mark.
func (s *source) continued(mark string) []string {
	var found []string
	for s.at < len(s.lines) {
		rest, is := strings.CutPrefix(strings.TrimSpace(s.lines[s.at]), mark+" ")
		if !is {
			break
		}
		found = append(found, strings.TrimSpace(rest))
		s.at++
	}
	return found
}

// verb parses a line's arguments, and the lines that belong to it, into a step.
type verb func(arguments string, src *source) (func(context.Context, *run) error, error)

// verbs is the one table of the words that a line can begin with.
var verbs = map[string]verb{
	"user":    words(1, 1, (*run).user),
	"room":    words(2, 20, (*run).publicRoom),
	"private": words(2, 2, (*run).privateRoom),
	"let":     letting,
	"connect": words(1, 2, (*run).connect),
	"plain":   words(2, 2, (*run).plain),
	"flood":   words(3, 3, (*run).flood),
	"drop":    words(1, 1, (*run).drop),
	"closed":  words(1, 1, (*run).closed),
	"restart": words(0, 0, (*run).restart),
	">":       sending,
	"?":       tolerating,
	"<":       expecting,
	"@":       asking,
}

// words returns the verb of a method that takes between least and most words.
func words(least, most int, do func(*run, context.Context, []string) error) verb {
	return func(arguments string, _ *source) (func(context.Context, *run) error, error) {
		given := strings.Fields(arguments)
		if len(given) < least || len(given) > most {
			return nil, fmt.Errorf("has %d arguments, want %d to %d", len(given), least, most)
		}
		return func(ctx context.Context, r *run) error { return do(r, ctx, given) }, nil
	}
}

// letting parses "NAME repeat COUNT TEXT".
func letting(arguments string, _ *source) (func(context.Context, *run) error, error) {
	var name, text string
	var count int
	if _, err := fmt.Sscanf(arguments, "%s repeat %d %s", &name, &count, &text); err != nil {
		return nil, fmt.Errorf("want let NAME repeat COUNT TEXT: %w", err)
	}
	return func(_ context.Context, r *run) error {
		r.vars[name] = strings.Repeat(text, count)
		return nil
	}, nil
}

// sending parses "CONN FRAME" and further frames of the same message.
func sending(arguments string, src *source) (func(context.Context, *run) error, error) {
	conn, frame, _ := strings.Cut(arguments, " ")
	frames := append([]string{frame}, src.continued("+")...)
	return func(_ context.Context, r *run) error { return r.send(conn, frames) }, nil
}

// expecting parses "CONN FRAME" and the directly following lines of the same
// connection, which are one set.
func expecting(arguments string, src *source) (func(context.Context, *run) error, error) {
	conn, first, _ := strings.Cut(arguments, " ")
	texts := append([]string{first}, src.continued("< "+conn)...)
	patterns := make([]any, 0, len(texts))
	for _, text := range texts {
		pattern, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, pattern)
	}
	return func(ctx context.Context, r *run) error { return r.expect(ctx, conn, patterns) }, nil
}

// tolerating parses "CONN FRAME".
func tolerating(arguments string, _ *source) (func(context.Context, *run) error, error) {
	conn, text, _ := strings.Cut(arguments, " ")
	pattern, err := parsePattern(text)
	return func(_ context.Context, r *run) error { return r.tolerate(conn, pattern) }, err
}

// asking parses "USER METHOD PATH BODY?" and the answer's "= STATUS BODY?".
func asking(arguments string, src *source) (func(context.Context, *run) error, error) {
	parts := strings.SplitN(arguments, " ", 4)
	if len(parts) < 3 {
		return nil, fmt.Errorf("want @ USER METHOD PATH BODY?")
	}
	q := question{user: parts[0], method: parts[1], path: parts[2]}
	if len(parts) == 4 {
		q.body = parts[3]
	}
	answers := src.continued("=")
	if len(answers) != 1 {
		return nil, fmt.Errorf("has %d lines that begin with =, want 1", len(answers))
	}
	status, body, _ := strings.Cut(answers[0], " ")
	if _, err := fmt.Sscanf(status, "%d", &q.status); err != nil {
		return nil, fmt.Errorf("want = STATUS BODY?: %w", err)
	}
	if body != "" {
		pattern, err := parsePattern(body)
		if err != nil {
			return nil, err
		}
		q.want, q.hasWant = pattern, true
	}
	return func(ctx context.Context, r *run) error { return r.ask(ctx, q) }, nil
}

// question is an HTTP request with the expected answer.
type question struct {
	user, method, path, body string
	status                   int
	want                     any
	hasWant                  bool
}
