// Command laptop runs the serverless home on this machine, for `make serverless`.
// The data is in the memory of DynamoDB Local and is lost at the end. This is
// wiring only; package serverless runs the home.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/internal/dynamolocal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "laptop:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var options serverless.Options
	flag.StringVar(&options.Program, "program", "bin/lambda", "the functions' `program`, built for this machine")
	flag.StringVar(&options.Stage, "stage", "local", "`name` of this home and its table")
	flag.IntVar(&options.Ports.Page, "page", 8080, "`port` of the page; 0 chooses one")
	flag.IntVar(&options.Ports.API, "api", 8081, "`port` of the HTTP API; 0 chooses one")
	flag.IntVar(&options.Ports.Socket, "socket", 8082, "`port` of the WebSocket API; 0 chooses one")
	flag.DurationVar(&options.IdleTimeout, "idle-timeout", 0, "close idle sockets after this `duration`, in whole seconds (default 10m)")
	flag.DurationVar(&options.HardTimeout, "hard-timeout", 0, "close every socket after this `duration`, in whole seconds (default 2h)")
	rates := flag.String("rates", "default", "rate `limits` of one user or address; off for tests")
	isCommanded := flag.Bool("commands", false, "open, start, stop and kill homes by commands on standard input, one a line")
	flag.Parse()
	options.Environment = map[string]string{"MARU_RATES": *rates}

	database, err := dynamolocal.Open(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	options.DynamoDB, options.Log = database.Endpoint(), os.Stderr
	if *isCommanded {
		return obey(ctx, options, os.Stdin)
	}
	home, err := serverless.New(ctx, options)
	if err != nil {
		return err
	}
	return serve(ctx, home)
}

// serve prints where the home is, and stops it when ctx ends.
func serve(ctx context.Context, home *serverless.Home) error {
	link, err := home.OperatorLink(ctx)
	if err != nil {
		home.Kill()
		return err
	}
	fmt.Printf("To become the operator, open this once within 7 days: %s\n", link)
	fmt.Printf("Maru is at %s\n", home.PageURL())
	select {
	case <-ctx.Done():
		return home.Stop()
	case <-home.Ended():
		return errors.New("the home ended by itself")
	}
}

// obey carries out one command a line and answers each with one line. "open"
// gives an empty home: the current one emptied, if no other command was given
// since it was opened, and a new one on the same database otherwise. At the end of
// the input the home is killed.
func obey(ctx context.Context, options serverless.Options, lines io.ReadCloser) error {
	var home *serverless.Home // none is open yet
	isUntouched := false
	defer func() { home.Kill() }()
	defer context.AfterFunc(ctx, func() { _ = lines.Close() })()
	commands := map[string]func() (answer string, err error){
		"open": func() (string, error) {
			if isUntouched {
				return home.PageURL(), home.Empty(ctx)
			}
			home.Kill()
			options.Stage = "" // New chooses a name, and so the table is new
			opened, err := serverless.New(ctx, options)
			if err != nil {
				return "", err
			}
			home, isUntouched = opened, true
			return home.PageURL(), nil
		},
		"start":  func() (string, error) { return "done", home.Start(ctx) },
		"stop":   func() (string, error) { return "done", home.Stop() },
		"kill":   func() (string, error) { home.Kill(); return "done", nil },
		"revoke": func() (string, error) { return "done", home.RevokeTokens(ctx) },
	}
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		word := strings.TrimSpace(scanner.Text())
		do, isKnown := commands[word]
		if !isKnown {
			return fmt.Errorf("unknown command %q", word)
		}
		isUntouched = isUntouched && word == "open"
		answer, err := do()
		if err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
		fmt.Println(answer)
	}
	return nil
}
