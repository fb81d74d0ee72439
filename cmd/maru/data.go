package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/maru-chat/maru/internal/config"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// backup writes a copy of the database, also while a server runs.
func backup(ctx context.Context, m *Main, cfg *config.Config) error {
	err := read(ctx, cfg, func(r *sqlitestore.Reader) error { return r.Backup(ctx, cfg.Backup.File) })
	if err == nil {
		fmt.Fprintf(m.Stdout, "The backup is in %s. Copy %s/%s with it, or everybody signs in again.\n", cfg.Backup.File, cfg.Data, keyFile)
	}
	return err
}

// check compares the database with its own log, also while a server runs.
func check(ctx context.Context, m *Main, cfg *config.Config) error {
	err := read(ctx, cfg, func(r *sqlitestore.Reader) error { return r.Check(ctx) })
	if err == nil {
		fmt.Fprintln(m.Stdout, "All is in order.")
	}
	return err
}

func read(ctx context.Context, cfg *config.Config, f func(*sqlitestore.Reader) error) error {
	r, err := sqlitestore.OpenReadOnly(ctx, cfg.Data)
	if err != nil {
		return err
	}
	return errors.Join(f(r), r.Close())
}
