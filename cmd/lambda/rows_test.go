package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/dynamolocal"
	"github.com/maru-chat/maru/internal/dynamostore"
)

// local is the DynamoDB Local of this test process, started when first needed.
var local struct {
	once   sync.Once
	server *dynamolocal.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if local.server != nil {
		local.server.Close()
	}
	os.Exit(code)
}

// testTable is a table that only this run uses.
var testTable = "maru-" + rand.Text()

// openStore returns a store on the table that all tests share.
func openStore(tb testing.TB) *dynamostore.Store {
	tb.Helper()
	local.once.Do(func() {
		ctx := context.Background() // the server outlives the test that asked first
		if local.server, local.err = dynamolocal.Open(ctx); local.err == nil {
			local.err = dynamostore.CreateTable(ctx, dynamostore.Connect(localEndpoint()), testTable)
		}
	})
	if local.err != nil {
		dynamolocal.SkipOrFail(tb, local.err)
	}
	return dynamostore.New(dynamostore.Config{Client: dynamostore.Connect(localEndpoint()), Table: testTable})
}

func localEndpoint() dynamostore.Endpoint {
	return dynamostore.Endpoint{
		Region: "us-east-1", URL: local.server.Endpoint(),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	store := openStore(t)
	apigwtest.RunRows(t, apigwtest.RowsHarness{
		Connections: rows{store}, Listeners: rows{store},
		Change: func(t testing.TB, room chat.RoomID, kind chat.Kind, user chat.UserID) chat.Seq {
			return change(t, store, room, kind, user)
		},
		Many: 70,
	})
}

// change appends an entry about the user to the room, which it creates if needed.
func change(t testing.TB, store *dynamostore.Store, room chat.RoomID, kind chat.Kind, user chat.UserID) chat.Seq {
	t.Helper()
	const owner = chat.UserID("owner")
	draft := func(c chat.Content) *chat.Draft {
		return &chat.Draft{Room: room, Author: owner, ID: chat.EntryID("created"), Content: c, Now: time.Now()}
	}
	ctx := context.Background() // what is written is read by the test that ends
	_, err := store.Append(ctx, draft(chat.Content{
		Kind: chat.KindCreated, Visibility: chat.Public, Founders: []chat.Founder{{User: owner, Role: chat.RoleOwner}},
	}), &chat.Scanned{})
	if err != nil {
		t.Fatal(err)
	}
	heads, err := store.Heads(ctx, []chat.RoomID{room})
	if err != nil {
		t.Fatal(err)
	}
	d := draft(chat.Content{Kind: kind, User: user, Role: chat.RoleMember})
	if kind != chat.KindJoined {
		d.Role, d.Was = chat.RoleNone, chat.RoleMember
	}
	d.ID, d.Since = chat.EntryID(fmt.Sprint(heads[0].Seq)), heads[0].Cursor
	appended, err := store.Append(ctx, d, &chat.Scanned{Head: heads[0]})
	if err != nil {
		t.Fatal(err)
	}
	return appended.Entry.Seq
}
