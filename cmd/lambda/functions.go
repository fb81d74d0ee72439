package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/config"
	"github.com/maru-chat/maru/internal/dynamostore"
	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/session"
)

// functions are all functions, by the handlers that serverless.yml names.
var functions = map[string]func(*home) lambda.Handler{
	"authorizer": authorizer,
	"socket":     socket,
	"http":       api,
	"push":       push,
	"erase":      erase,
	"operator":   operator,
}

// authorizer finds out who opens a socket. It needs only the signing key.
func authorizer(h *home) lambda.Handler {
	return &apigw.Authorizer{
		Tokens: &tokens{secrets: h.store()}, Origins: h.cfg.Origins, Classic: h.cfg.Classic, Log: h.log,
	}
}

// socket carries out what connections send.
func socket(h *home) lambda.Handler {
	l := h.live()
	return &flushed{
		Handler: &apigw.Socket{
			Service: l.service, Session: session.New(l.service), Audience: l.audience,
			PerUser: h.socketsPerUser(), Log: h.log,
		},
		marks: l.store, log: h.log,
	}
}

// socketsPerUser bounds a user's open sockets, unless rates are off.
func (h *home) socketsPerUser() int {
	if h.cfg.Rates.IsOff {
		return 0
	}
	return h.cfg.SocketsPerUser
}

// api serves the same handler as the resident home, without the page, which another
// host serves.
func api(h *home) lambda.Handler {
	l := h.live()
	handler := httpapi.New(httpapi.Options{
		Service: l.service, Tokens: &tokens{secrets: l.store}, Log: h.log,
		Ready:     func(ctx context.Context) error { _, err := l.store.Public(ctx, "", 1); return err },
		PublicURL: h.cfg.PublicURL, Origins: h.cfg.Origins,
		API: h.cfg.APIURL, Socket: h.cfg.SocketURL,
		Classic: h.cfg.Classic, Version: config.BuildVersion(),
	})
	return &flushed{Handler: apigw.NewHTTP(handler, h.log), marks: l.store, log: h.log}
}

// push pushes the entries of rooms that are too large for the sender's function.
func push(h *home) lambda.Handler {
	store := h.store()
	return &apigw.Stream{
		Audience: h.audience(store), Decode: dynamostore.DecodeImage, Names: store, Log: h.log,
	}
}

// erase empties the words of deleted rooms.
func erase(h *home) lambda.Handler {
	return &apigw.Eraser{Decode: dynamostore.DecodeErasure, Erase: h.store().EraseRoom, Log: h.log}
}

// operatorLink makes whoever follows it first an operator.
type operatorLink struct {
	Link string `json:"link"`
}

// operator makes a link. It checks nobody's rights: only the owner of the AWS
// account may invoke it.
func operator(h *home) lambda.Handler {
	service := h.service(chat.Ports{Accounts: h.store()})
	return lambda.NewHandler(func(ctx context.Context) (operatorLink, error) {
		secret, err := service.OfferOperator(ctx)
		if err != nil {
			return operatorLink{}, err
		}
		return operatorLink{Link: h.cfg.PublicURL + "/#operator=" + secret}, nil
	})
}
