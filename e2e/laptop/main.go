// Command laptop runs the serverless home on this machine: `make serverless`.
// Data is in the memory of DynamoDB Local and gone at the end. It is wiring
// only; package serverless runs the home.
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
	flag.DurationVar(&options.IdleTimeout, "idle-timeout", 0, "end idle sockets after so many `seconds` (10m)")
	flag.DurationVar(&options.HardTimeout, "hard-timeout", 0, "end every socket after so many `seconds` (2h)")
	rates := flag.String("rates", "default", "what one user or address may do; off for tests")
	isCommanded := flag.Bool("commands", false, "read start, stop, kill and revoke from standard input")
	flag.Parse()
	options.Environment = map[string]string{"MARU_RATES": *rates}

	database, err := dynamolocal.Start(ctx)
	if err != nil {
		return err
	}
	defer database.Close()
	options.DynamoDB, options.Log = database.Endpoint(), os.Stderr
	home, err := serverless.New(ctx, options)
	if err != nil {
		return err
	}
	if *isCommanded {
		return obey(ctx, home, os.Stdin)
	}
	return serve(ctx, home)
}

// serve says where the home is and stops it when ctx ends.
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

// obey does what the lines say, and answers each with one line. The end of the
// input ends the home.
func obey(ctx context.Context, home *serverless.Home, lines io.ReadCloser) error {
	defer home.Kill()
	context.AfterFunc(ctx, func() { _ = lines.Close() })
	commands := map[string]func() error{
		"start":  func() error { return home.Start(ctx) },
		"stop":   home.Stop,
		"kill":   func() error { home.Kill(); return nil },
		"revoke": func() error { return home.RevokeTokens(ctx) },
	}
	fmt.Printf("ready %s\n", home.PageURL())
	scanner := bufio.NewScanner(lines)
	for scanner.Scan() {
		word := strings.TrimSpace(scanner.Text())
		do, isKnown := commands[word]
		if !isKnown {
			return fmt.Errorf("unknown command %q", word)
		}
		if err := do(); err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}
