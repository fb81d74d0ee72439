package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/config"
	"github.com/maru-chat/maru/internal/dynamostore"
	"github.com/maru-chat/maru/internal/httpapi"
)

// functions says which handler serves which function. serverless.yml uses these
// names.
var functions = map[string]func(*home) lambda.Handler{
	"authorizer": (*home).unfinished,
	"socket":     (*home).unfinished,
	"http":       (*home).http,
	"push":       (*home).unfinished,
	"operator":   (*home).unfinished,
}

// clients make what reaches AWS.
type clients struct {
	dynamoDB func(*config.Lambda) *dynamodb.Client
}

// home is what the functions stand on. Its methods make what they return, so a
// function makes only what it uses.
type home struct {
	cfg     *config.Lambda
	clients clients
	log     *slog.Logger
}

// open makes the function that the environment names.
func open(getenv func(string) string, clients clients, log *slog.Logger) (lambda.Handler, error) {
	cfg, err := config.ParseLambda(getenv)
	if err != nil {
		return nil, err
	}
	make, isKnown := functions[cfg.Handler]
	if !isKnown {
		names := slices.Sorted(maps.Keys(functions))
		return nil, fmt.Errorf("_HANDLER must be one of %s, not %q", strings.Join(names, ", "), cfg.Handler)
	}
	if cfg.Rates.IsOff {
		log.Warn("rates are off")
	}
	return make(&home{cfg: cfg, clients: clients, log: log}), nil
}

func connectDynamoDB(cfg *config.Lambda) *dynamodb.Client {
	return dynamostore.Connect(dynamostore.Endpoint{
		Region: cfg.Region, URL: cfg.DynamoDBURL,
		Credentials: credentials.NewStaticCredentialsProvider(cfg.Credentials.KeyID, cfg.Credentials.Secret, cfg.Credentials.Session),
	})
}

func (h *home) store() *dynamostore.Store {
	return dynamostore.New(dynamostore.Config{Client: h.clients.dynamoDB(h.cfg), Table: h.cfg.Table})
}

// service joins the domain with what stands behind its ports.
func (h *home) service(ports chat.Ports) *chat.Service {
	service := chat.NewService(ports, time.Now, rand.Text)
	service.Rates = h.cfg.Rates.Rates
	return service
}

// http serves the same handler as the resident home, but for the page: another
// host serves that.
func (h *home) http() lambda.Handler {
	store := h.store()
	return apigw.NewHTTP(httpapi.New(httpapi.Options{
		Service: h.service(chat.Ports{Log: store}), Tokens: &tokens{}, Log: h.log,
		PublicURL: h.cfg.PublicURL, Origins: h.cfg.Origins,
		API: h.cfg.APIURL, Socket: h.cfg.SocketURL,
		Classic: h.cfg.Classic,
	}), h.log)
}

// unfinished answers for functions whose ports are still to come.
func (*home) unfinished() lambda.Handler { return unfinished{} }

type unfinished struct{}

// Invoke fails.
func (unfinished) Invoke(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("this function is still to come")
}
