package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/config"
	"github.com/maru-chat/maru/internal/dynamostore"
)

// connectors make the clients that reach AWS. None calls anybody yet.
type connectors struct {
	table   func(*config.Lambda) *dynamodb.Client
	sockets func(*config.Lambda) *apigw.Management
}

// home makes the parts that a function is built from, each only when the function
// asks for it.
type home struct {
	cfg     *config.Lambda
	connect connectors
	log     *slog.Logger
}

// open makes the function that the environment names.
func open(getenv func(string) string, connect connectors, log *slog.Logger) (lambda.Handler, error) {
	cfg, err := config.ParseLambda(getenv)
	if err != nil {
		return nil, err
	}
	function, isKnown := functions[cfg.Handler]
	if !isKnown {
		names := strings.Join(slices.Sorted(maps.Keys(functions)), ", ")
		return nil, fmt.Errorf("_HANDLER must be one of %s, not %q", names, cfg.Handler)
	}
	if cfg.Rates.IsOff {
		log.Warn("rates are off")
	}
	return guarded{function(&home{cfg: cfg, connect: connect, log: log})}, nil
}

func connectTable(cfg *config.Lambda) *dynamodb.Client {
	return dynamostore.Connect(dynamostore.Endpoint{Region: cfg.Region, URL: cfg.DynamoDBURL, Credentials: signWith(cfg)})
}

func connectSockets(cfg *config.Lambda) *apigw.Management {
	return apigw.ConnectManagement(apigw.ManagementConfig{
		URL: cfg.CallbackURL, Region: cfg.Region, Credentials: signWith(cfg), HTTP: apigw.NewHTTPClient(),
	})
}

// signWith returns the credentials that Lambda gave to the process; Lambda starts a
// new process before they expire.
func signWith(cfg *config.Lambda) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(cfg.Credentials.KeyID, cfg.Credentials.Secret, cfg.Credentials.Session)
}

// service joins the domain with what stands behind its ports.
func (h *home) service(ports chat.Ports) *chat.Service {
	service := chat.NewService(ports, time.Now, rand.Text)
	service.Rates = h.cfg.Rates.Rates
	return service
}

func (h *home) store() *dynamostore.Store {
	return dynamostore.New(dynamostore.Config{Client: h.connect.table(h.cfg), Table: h.cfg.Table})
}

// live is what the functions that write and push entries share.
type live struct {
	store    *dynamostore.Store
	audience *apigw.Audience
	service  *chat.Service
}

func (h *home) live() *live {
	l := &live{store: h.store()}
	l.audience = h.audience(l.store)
	l.service = h.service(chat.Ports{
		Log: l.store, Rooms: l.store, Members: l.store, Marks: l.store, Accounts: l.store, Search: l.store,
		Subscriptions: l.audience, Audience: &flushing{Audience: l.audience, marks: l.store, log: h.log},
		Limiter: l.store,
	})
	return l
}

func (h *home) audience(store *dynamostore.Store) *apigw.Audience {
	r := rows{store}
	return apigw.NewAudience(apigw.AudienceOptions{
		Connections: r, Listeners: r, Sockets: h.connect.sockets(h.cfg), Now: time.Now, Log: h.log,
	})
}
