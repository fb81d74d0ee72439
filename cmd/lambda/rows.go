package main

import (
	"context"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/dynamostore"
)

// rows are the store's rows of connections as the API Gateway side asks for
// them.
type rows struct{ store *dynamostore.Store }

var (
	_ apigw.ConnectionRows = rows{}
	_ apigw.ListenerRows   = rows{}
)

func stored(r apigw.Row) dynamostore.Row {
	return dynamostore.Row{
		Room: r.Room, User: r.User, Conn: r.Conn, Kind: string(r.Kind), IsHidden: r.IsHidden,
		ConnectedAt: r.ConnectedAt, ExpiresAt: r.ExpiresAt,
	}
}

func asked(found []dynamostore.Row) []apigw.Row {
	rows := make([]apigw.Row, len(found))
	for i, r := range found {
		rows[i] = apigw.Row{
			Room: r.Room, User: r.User, Conn: r.Conn, Kind: apigw.Kind(r.Kind), IsHidden: r.IsHidden,
			ConnectedAt: r.ConnectedAt, ExpiresAt: r.ExpiresAt,
		}
	}
	return rows
}

// SaveConnection implements [apigw.ConnectionRows].
func (r rows) SaveConnection(ctx context.Context, row apigw.Row) error {
	return r.store.SaveConnection(ctx, stored(row))
}

// ConnectionsOf implements [apigw.ConnectionRows].
func (r rows) ConnectionsOf(ctx context.Context, user chat.UserID) ([]apigw.Row, error) {
	found, err := r.store.ConnectionsOf(ctx, user)
	return asked(found), err
}

// RemoveConnection implements [apigw.ConnectionRows].
func (r rows) RemoveConnection(ctx context.Context, user chat.UserID, conn chat.ConnID) error {
	return r.store.RemoveConnection(ctx, user, conn)
}

// HideConnection implements [apigw.ConnectionRows].
func (r rows) HideConnection(ctx context.Context, conn chat.ConnID, isHidden bool) error {
	return r.store.HideConnection(ctx, conn, isHidden)
}

// SaveListener implements [apigw.ListenerRows].
func (r rows) SaveListener(ctx context.Context, row apigw.Row) error {
	return r.store.SaveListener(ctx, stored(row))
}

// RemoveListener implements [apigw.ListenerRows].
func (r rows) RemoveListener(ctx context.Context, room chat.RoomID, conn chat.ConnID) error {
	return r.store.RemoveListener(ctx, room, conn)
}

// Page implements [apigw.ListenerRows].
func (r rows) Page(ctx context.Context, room chat.RoomID, after chat.ConnID, limit int) (apigw.Page, error) {
	page, err := r.store.Listeners(ctx, room, after, limit)
	return apigw.Page{Listeners: asked(page.Listeners), Evicted: page.Evicted, Next: page.Next}, err
}

// EvictedAt implements [apigw.ListenerRows].
func (r rows) EvictedAt(ctx context.Context, room chat.RoomID, user chat.UserID) (chat.Seq, error) {
	return r.store.EvictedAt(ctx, room, user)
}
