package main

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/wire"
)

// TestAudience runs the suite of every audience on rows in DynamoDB Local; the
// tests of package apigw run it on rows in memory.
func TestAudience(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	storetest.RunAudience(t, storetest.AudienceHarness{Run: func(t *testing.T, do func(testing.TB, storetest.AudienceHome)) {
		gateway := apigwtest.NewGateway(t)
		audience := apigw.NewAudience(apigw.AudienceOptions{
			Connections: rows{store}, Listeners: rows{store}, Now: time.Now, Log: quiet,
			Sockets: apigw.ConnectManagement(apigw.ManagementConfig{
				URL: gateway.URL(), Region: "us-east-1", HTTP: gateway.Client(),
				Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			}),
		})
		opened, heard := map[chat.ConnID]apigw.Row{}, map[chat.ConnID]int{}
		do(t, storetest.AudienceHome{
			Subscriptions: audience, Audience: audience, Log: store,
			Connect: func(user chat.UserID) chat.ConnID {
				now := time.Now().Truncate(time.Second)
				row := apigw.Row{
					User: user, Conn: chat.ConnID(rand.Text() + "="), Kind: apigw.KindMaru,
					ConnectedAt: now, ExpiresAt: now.Add(apigw.RowLife),
				}
				if err := store.SaveConnection(t.Context(), stored(row)); err != nil {
					t.Fatal(err)
				}
				gateway.Open(row.Conn)
				opened[row.Conn] = row
				return row.Conn
			},
			Event: func(ctx context.Context, conn chat.ConnID) context.Context {
				return apigw.DuringEvent(ctx, opened[conn])
			},
			Told: func(conn chat.ConnID) []storetest.Told {
				messages := gateway.Messages(conn)[heard[conn]:]
				heard[conn] += len(messages)
				return toldBy(t, messages)
			},
		})
	}})
}

// toldBy lists the entries and the memberships that the messages tell of.
func toldBy(t *testing.T, messages []string) (told []storetest.Told) {
	t.Helper()
	for _, message := range messages {
		for frame, err := range wire.Frames([]byte(message)) {
			switch f := frame.(type) {
			case *wire.EntryAppended:
				told = append(told, storetest.Told{Room: f.Room, Seq: f.Entry.Seq})
			case *wire.RoomGained:
				told = append(told, storetest.Told{Room: f.Room})
			default:
				t.Errorf("a connection was told %T, %v", f, err)
			}
		}
	}
	return told
}
