package main

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/internal/auth"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/dynamolocal"
	"github.com/maru-chat/maru/internal/dynamostore"
)

// stage is what tests prepare the home with, without the meter.
type stage struct {
	endpoint string
	table    string
	store    *dynamostore.Store
	service  *chat.Service
	tokens   *auth.Tokens
}

func newStage(t *testing.T) *stage {
	t.Helper()
	local, err := dynamolocal.Open(t.Context())
	if err != nil {
		dynamolocal.SkipOrFail(t, err)
	}
	t.Cleanup(local.Close)
	client := connect(local.Endpoint())
	s := &stage{endpoint: local.Endpoint(), table: "maru-" + rand.Text()}
	must(t, dynamostore.CreateTable(t.Context(), client, s.table))
	s.store = dynamostore.New(dynamostore.Config{Client: client, Table: s.table})
	nobody := chattest.NewAudience(time.Now)
	s.service = chat.NewService(chat.Ports{
		Log: s.store, Rooms: s.store, Members: s.store, Marks: s.store, Accounts: s.store, Search: s.store,
		Limiter: s.store, Subscriptions: nobody, Audience: nobody,
	}, time.Now, rand.Text)
	s.service.Rates = chat.Rates{}
	key, err := s.store.Secret(t.Context(), "KEY", func() []byte { return bytes.Repeat([]byte{7}, auth.KeySize) })
	must(t, err)
	s.tokens, err = auth.NewTokens(key, time.Now)
	must(t, err)
	return s
}

func connect(url string) *dynamodb.Client {
	return dynamostore.Connect(dynamostore.Endpoint{
		Region: "us-east-1", URL: url, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
}
