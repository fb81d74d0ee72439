package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/config"
)

// Exit codes of the program.
const (
	exitDone  = 0
	exitFault = 1
	exitUsage = 2
)

// Main is the program, which tests run whole in their own process.
type Main struct {
	// Stdout receives the output of a command, Stderr the log and the one line of
	// a failure.
	Stdout, Stderr io.Writer
}

// Run does what the arguments and the environment say and returns the exit
// code. A server runs until ctx ends and then closes in good order.
func (m *Main) Run(ctx context.Context, args []string) int {
	var cfg config.Config
	isHelp := false
	parser, err := kong.New(&cfg,
		kong.Name("maru"),
		kong.Description("Multi-room chat that one team can own outright."),
		kong.Writers(m.Stdout, m.Stderr),
		kong.Help(printHelp),
		kong.Exit(func(int) { isHelp = true }),
	)
	if err != nil {
		return m.fail(exitFault, err)
	}
	parsed, err := parser.Parse(args)
	if isHelp { // kong has printed it and gone on
		return exitDone
	}
	if err != nil {
		return m.fail(exitUsage, fmt.Errorf("%w; see maru --help", err))
	}
	command, _, _ := strings.Cut(parsed.Command(), " ")
	if err := commands[command](ctx, m, &cfg); err != nil {
		return m.fail(exitFault, err)
	}
	return exitDone
}

// printHelp lists the flags of serve among those of the program, because serve
// is the default command.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() == nil {
		group := &kong.Group{Key: "serve", Title: "Flags of serve, the default command:"}
		for _, flag := range ctx.Model.DefaultCmd.Flags {
			flag.Group = group
			ctx.Model.Flags = append(ctx.Model.Flags, flag)
		}
	}
	return kong.DefaultHelpPrinter(options, ctx)
}

// commands has the function of each command.
var commands = map[string]func(context.Context, *Main, *config.Config) error{
	"serve":   serve,
	"backup":  backup,
	"check":   check,
	"version": printVersion,
}

// fail writes in one line why the program ends, with the error's text for people
// if it has one, and returns the exit code.
func (m *Main) fail(code int, err error) int {
	text := err.Error()
	var known *chat.Error
	switch {
	case errors.Is(err, context.Canceled): // by a signal
		text = "interrupted"
	case errors.As(err, &known):
		text = known.Msg
	}
	line := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), "; ")
	fmt.Fprintf(m.Stderr, "maru: %s\n", line)
	return code
}

func serve(ctx context.Context, m *Main, cfg *config.Config) error {
	s, err := openServer(ctx, cfg, slog.New(slog.NewTextHandler(m.Stderr, nil)))
	if err != nil {
		return err
	}
	if s.operatorLink != "" {
		fmt.Fprintf(m.Stdout, "To become the operator, open this once within 7 days: %s\n", s.operatorLink)
	}
	if len(s.listeners) > 1 {
		fmt.Fprintf(m.Stdout, "Metrics are at http://%s/metrics\n", s.listeners[1].Addr())
	}
	if cfg.Serve.PublicURL != "" { // which does not tell where a proxy finds it
		fmt.Fprintf(m.Stdout, "Maru listens on %s\n", s.listeners[0].Addr())
	}
	fmt.Fprintf(m.Stdout, "Maru is at %s\n", s.publicURL)
	return s.run(ctx)
}

func printVersion(_ context.Context, m *Main, _ *config.Config) error {
	_, err := fmt.Fprintln(m.Stdout, config.BuildVersion())
	return err
}
