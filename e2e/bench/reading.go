package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maru-chat/maru/e2e/client"
	"github.com/maru-chat/maru/internal/chat"
)

const (
	library       = chat.RoomID("library")
	libraryPosts  = 100_000
	libraryPeople = 64
	lookups       = 200
)

// vocabulary is the words of the room; each is in about one of a dozen posts.
var vocabulary = strings.Fields(`점심 짬뽕 회의 배포 확인 일정 서버 화면 오류 수정 검토 기획 개발 디자인 출근 퇴근
	휴가 보고 자료 공유 질문 답변 고객 문의 결제 주문 배송 취소 환불 이벤트 공지 안내 테스트 운영 장애 복구 로그 성능
	측정 개선 요청 승인 반영 완료 대기 진행 예정 변경 추가 삭제 build deploy review merge branch staging production rollback
	release meeting lunch coffee umbrella weekend holiday schedule customer invoice payment refund shipping server database
	latency memory profile metrics dashboard alert incident postmortem design feature backlog sprint planning estimate`)

// reading measures a page of history and a search in a large room.
func reading(ctx context.Context, b *bench) ([]figure, error) {
	p, err := b.prepare(ctx, "reading", libraryPeople, func(s *server, people []*client.Account) error {
		return fillLibrary(ctx, people)
	})
	if err != nil {
		return nil, err
	}
	s, err := b.start(ctx, p.folder)
	if err != nil {
		return nil, err
	}
	defer s.Kill()
	p.at(s)
	reader := p.people[0]
	history, err := timed(ctx, reader, func() string {
		return fmt.Sprintf("/rooms/%s/posts?limit=50&before=%d", library, rand.IntN(libraryPosts)+libraryPeople)
	})
	if err != nil {
		return nil, err
	}
	newest, err := timed(ctx, reader, func() string { return fmt.Sprintf("/rooms/%s/posts?limit=50", library) })
	if err != nil {
		return nil, err
	}
	search, err := timed(ctx, reader, func() string {
		return "/search?q=" + url.QueryEscape(vocabulary[rand.IntN(len(vocabulary))])
	})
	return []figure{
		{name: "page of history, anywhere, p50", value: percentile(history, 0.5), unit: "ms", bar: 2},
		{name: "page of history, newest, p50", value: percentile(newest, 0.5), unit: "ms", bar: 2},
		{name: "search, p50", value: percentile(search, 0.5), unit: "ms", bar: 10},
		{name: "search, p99", value: percentile(search, 0.99), unit: "ms"},
	}, err
}

// timed makes one request after the other on one connection and returns how long
// each took.
func timed(ctx context.Context, reader *client.Account, path func() string) ([]time.Duration, error) {
	took := make([]time.Duration, 0, lookups)
	for range lookups {
		began := time.Now()
		status, answer, err := reader.Exchange(ctx, http.MethodGet, path(), nil)
		if err != nil {
			return nil, err
		}
		if status != http.StatusOK {
			return nil, fmt.Errorf("answered %d %.200s", status, answer)
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// fillLibrary writes the posts of the large room, many people at once so that
// they share transactions.
func fillLibrary(ctx context.Context, people []*client.Account) error {
	if err := settle(ctx, library, people); err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(libraryPosts)
	errs := make([]error, len(people))
	var wg sync.WaitGroup
	for i, who := range people {
		wg.Go(func() { errs[i] = write(ctx, who, &left) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// write posts until nothing is left to write.
func write(ctx context.Context, who *client.Account, left *atomic.Int64) error {
	s, err := sit(ctx, who, library, false)
	if err != nil {
		return err
	}
	defer func() { _ = s.conn.Close() }()
	go s.read()
	const length = 10
	text := make([]string, length)
	for left.Add(-1) >= 0 {
		for i := range text {
			text[i] = vocabulary[rand.IntN(len(vocabulary))]
		}
		if err := s.post(ctx, strings.Join(text, " ")); err != nil {
			return err
		}
	}
	return nil
}
