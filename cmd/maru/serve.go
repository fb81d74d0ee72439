package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/maru-chat/maru/internal/auth"
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/config"
	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/limiter"
	"github.com/maru-chat/maru/internal/session"
	"github.com/maru-chat/maru/internal/sqlitestore"
	"github.com/maru-chat/maru/internal/telemetry"
	"github.com/maru-chat/maru/internal/wsserver"
	"github.com/maru-chat/maru/web"
)

// keyFile holds the key that signs tokens, beside the database.
const keyFile = "signing.key"

// ballastSize is what a running server allocates and never touches, so that it
// takes no memory itself. Go collects garbage when the heap has doubled, and then
// looks at the stacks of all connections; a small heap doubles often.
const ballastSize = 16 << 20

// closeWait bounds how long a closing server waits for requests and sockets, so
// that the process ends within ten seconds of a SIGTERM.
const closeWait = 8 * time.Second

// server is a running Maru.
type server struct {
	log       *slog.Logger
	listeners []net.Listener // of the server and of the metrics, if they are on
	servers   []*http.Server // beside their listeners
	store     *sqlitestore.Store
	hub       *wsserver.Hub

	publicURL    string
	operatorLink string // empty once somebody is the operator
}

// openServer opens all that a server needs. It listens first, so that a taken
// address is found before any file is touched.
func openServer(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *server, err error) {
	s := &server{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeAll())
		}
	}()
	if err := s.listen(ctx, cfg.Serve.Addr, cfg.Serve.MetricsAddr); err != nil {
		return nil, err
	}
	if s.store, err = sqlitestore.Open(ctx, cfg.Data, sqlitestore.Options{}); err != nil {
		return nil, err
	}
	key, err := auth.LoadKey(filepath.Join(cfg.Data, keyFile))
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewTokens(key, time.Now)
	if err != nil {
		return nil, err
	}
	s.hub = wsserver.NewHub(s.store, socketLimits(&cfg.Serve))
	meter := telemetry.New()
	service := s.service(cfg, meter)
	s.handle(cfg, service, tokens, meter)
	return s, s.offerOperator(ctx, service)
}

// socketLimits returns the limits of open sockets: none where rates are off.
func socketLimits(cfg *config.Serve) wsserver.Limits {
	if cfg.Rates.IsOff {
		return wsserver.Limits{}
	}
	return wsserver.Limits{PerUser: cfg.SocketsPerUser, PerAddress: cfg.SocketsPerAddress}
}

// offerOperator makes a link at each start until somebody has followed one: a
// link that nobody saw, or that has expired, must not leave Maru without an
// operator for good. Only the newest link is good.
func (s *server) offerOperator(ctx context.Context, service *chat.Service) error {
	if err := s.store.WithdrawOperatorOffers(ctx); err != nil {
		return err
	}
	hasOperator, err := s.store.HasOperator(ctx)
	if err != nil || hasOperator {
		return err
	}
	secret, err := service.OfferOperator(ctx)
	if err != nil {
		return err
	}
	s.operatorLink = s.publicURL + "/#operator=" + secret
	return nil
}

// listen listens on each address that is not empty.
func (s *server) listen(ctx context.Context, addrs ...string) error {
	for _, addr := range addrs {
		if addr == "" {
			continue
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("another program listens on %s", addr)
		}
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w", addr, err)
		}
		s.listeners = append(s.listeners, listener)
	}
	return nil
}

// service connects the domain to what implements its ports.
func (s *server) service(cfg *config.Config, meter *telemetry.Meter) *chat.Service {
	service := chat.NewService(chat.Ports{
		Log:           meter.Log(s.store),
		Rooms:         s.store,
		Members:       s.store,
		Marks:         s.store,
		Accounts:      s.store,
		Search:        s.store,
		Subscriptions: s.hub,
		Audience:      s.hub,
		Limiter:       meter.Limiter(limiter.New(time.Now)),
	}, time.Now, rand.Text)
	service.Rates = cfg.Serve.Rates.Rates
	service.Together = chat.InTurn
	if cfg.Serve.Rates.IsOff {
		s.log.Warn("rates are off")
	}
	meter.Gauge("maru_connections", "Open sockets.", func() float64 { return float64(s.hub.Connections()) })
	meter.Histogram("maru_commit_writes", "Writes in a transaction.", func() telemetry.Sizes { return writesOf(s.store.Batches()) })
	return service
}

// writesOf returns the numbers of writes in transactions, as the metrics take
// them.
func writesOf(b sqlitestore.Batches) telemetry.Sizes {
	sizes := telemetry.Sizes{Count: uint64(b.Commits), Sum: float64(b.Jobs), AtMost: map[float64]uint64{}}
	smaller := uint64(0)
	for i, commits := range b.Sizes {
		smaller += uint64(commits)
		sizes.AtMost[float64(int(2)<<i-1)] = smaller
	}
	return sizes
}

// handle makes the HTTP server of each listener.
func (s *server) handle(cfg *config.Config, service *chat.Service, tokens *auth.Tokens, meter *telemetry.Meter) {
	publicURL, origins := cfg.Serve.Public(s.listeners[0].Addr())
	s.publicURL = publicURL
	page, isBuilt := web.Page()
	if !isBuilt {
		s.log.Warn("the page is not built: make build")
	}
	api := httpapi.New(httpapi.Options{
		Service: service, Tokens: tokens, Log: s.log,
		Ready:     func(ctx context.Context) error { _, err := s.store.Public(ctx, "", 1); return err },
		PublicURL: publicURL, Origins: origins,
		Socket: "ws" + strings.TrimPrefix(publicURL, "http") + wsserver.Path,
		Page:   page, Classic: cfg.Serve.Classic, Version: config.BuildVersion(),
		Answered: meter.Answered,
	})
	sockets := wsserver.NewServer(wsserver.Options{
		Hub: s.hub, Service: service, Session: session.New(service), Tokens: tokens,
		Origins: origins, Classic: cfg.Serve.Classic, Log: s.log,
	})
	for _, handler := range []http.Handler{throughProxies(cfg.Serve.Proxies, sockets.Handler(api)), meter}[:len(s.listeners)] {
		s.servers = append(s.servers, newHTTPServer(handler, s.log))
	}
}

// run serves until ctx ends or a listener fails, and then closes.
func (s *server) run(ctx context.Context) error {
	ballast := make([]byte, ballastSize)
	defer runtime.KeepAlive(ballast)
	ended := make(chan error, len(s.servers))
	for i, server := range s.servers {
		go func() { ended <- server.Serve(s.listeners[i]) }()
	}
	select {
	case <-ctx.Done():
		s.log.Info("closing")
		return s.close()
	case err := <-ended:
		return errors.Join(fmt.Errorf("serve: %w", err), s.close())
	}
}

// close stops accepting connections, tells open sockets that it closes, lets
// what is under way be acknowledged, and then closes the files.
func (s *server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	var wg sync.WaitGroup
	for _, server := range s.servers {
		wg.Go(func() {
			if server.Shutdown(ctx) != nil {
				_ = server.Close() // cuts off what is still connected after closeWait
			}
		})
	}
	wg.Go(func() {
		if err := s.hub.Shutdown(ctx); err != nil {
			s.log.Warn("sockets were cut off", "err", err)
		}
	})
	wg.Wait()
	return s.closeAll()
}

// closeAll closes what openServer has opened so far.
func (s *server) closeAll() error {
	for _, listener := range s.listeners {
		_ = listener.Close() // closed already once its server has run
	}
	if s.store == nil {
		return nil
	}
	return s.store.Close()
}
