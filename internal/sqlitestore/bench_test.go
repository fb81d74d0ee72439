package sqlitestore_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/sqlitestore"
)

// BenchmarkStore_send does for each post what the service does: it reads the
// user and the membership, scans and appends, from senders in as many rooms.
func BenchmarkStore_send(b *testing.B) {
	for _, senders := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			s, _ := open(b)
			drafts := make([]*chat.Draft, senders)
			for i := range drafts {
				drafts[i] = benchSender(b, s, i)
			}
			before := s.Batches()
			began := cpuTime(b)
			b.ResetTimer()
			sendMany(b, s, drafts)
			b.StopTimer()
			after := s.Batches()
			b.ReportMetric(float64(cpuTime(b)-began)/1e3/float64(b.N), "cpu-µs/post")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
			b.ReportMetric(float64(after.Jobs-before.Jobs)/float64(after.Commits-before.Commits), "posts/commit")
		})
	}
}

func benchSender(b *testing.B, s *sqlitestore.Store, i int) *chat.Draft {
	b.Helper()
	user := chat.UserID(fmt.Sprintf("019c0c8e-7f2a-7b3c-9d4e-%012d", i))
	id := chat.RoomID(fmt.Sprintf("019c0c8e-1111-7b3c-9d4e-%012d", i))
	if _, err := s.SaveUser(b.Context(), chat.User{ID: user, Name: "가람"}); err != nil {
		b.Fatal(err)
	}
	r := newRoom(b, s, id)
	r.add(b, chat.Content{Kind: chat.KindJoined, User: user, Name: "가람", Role: chat.RoleMember})
	return &chat.Draft{Room: id, Author: user, Since: r.cursor}
}

// sendMany has each sender wait for its post before it sends the next.
func sendMany(b *testing.B, s *sqlitestore.Store, drafts []*chat.Draft) {
	var sent atomic.Int64
	var sending sync.WaitGroup
	for _, d := range drafts {
		sending.Go(func() {
			for {
				n := sent.Add(1)
				if n > int64(b.N) {
					return
				}
				if err := benchSend(b, s, d, int(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	sending.Wait()
}

func benchSend(b *testing.B, s *sqlitestore.Store, d *chat.Draft, n int) error {
	if _, err := s.User(b.Context(), d.Author); err != nil {
		return err
	}
	if _, err := s.FindMembers(b.Context(), d.Room, d.Author); err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	d.ID = chat.EntryID(id.String())
	d.Content = chat.Content{Kind: chat.KindPosted, Text: benchText(n)}
	d.Now = time.Now()
	scanned, err := s.Scan(b.Context(), d)
	if err != nil {
		return err
	}
	appended, err := s.Append(b.Context(), d, &scanned)
	d.Since = appended.Entry.Cursor()
	return err
}

var benchWords = strings.Fields(`점심 짬뽕 먹으러 갑시다 회의 시작합니다 deploy the server tomorrow please review 코드
	리뷰 부탁드립니다 merge branch release notes error database lunch dinner 안녕하세요 오늘은 날씨가 좋네요`)

// benchText is a message of eight words that differs from the ones around it.
func benchText(n int) string {
	var text strings.Builder
	for i := range 7 {
		text.WriteString(benchWords[(n*(i+3)+n>>3)%len(benchWords)])
		text.WriteByte(' ')
	}
	fmt.Fprintf(&text, "n%d", n)
	return text.String()
}

// benchRoom fills a room with posts.
func benchRoom(b *testing.B, posts int) (r *room, dir string) {
	b.Helper()
	s, dir := open(b)
	r = newRoom(b, s, "r-one")
	const atOnce = 200 // MaxScan bounds how many may share one Since
	for begun := 0; begun < posts; begun += atOnce {
		var adding sync.WaitGroup
		for i := range atOnce {
			d := r.draft(chat.Content{Kind: chat.KindPosted, Text: benchText(begun + i)})
			adding.Go(func() {
				if _, err := s.Append(b.Context(), d, &chat.Scanned{Head: chat.Head{Cursor: d.Since}}); err != nil {
					b.Error(err)
				}
			})
		}
		adding.Wait()
		heads, err := s.Heads(b.Context(), []chat.RoomID{"r-one"})
		if err != nil {
			b.Fatal(err)
		}
		r.cursor = heads[0].Cursor
	}
	return r, dir
}

// BenchmarkStore_read reads from a room of 100,000 messages.
func BenchmarkStore_read(b *testing.B) {
	r, _ := benchRoom(b, 100_000)
	s := r.store
	b.Run("history", func(b *testing.B) {
		for i := range b.N {
			if _, err := s.History(b.Context(), "r-one", chat.Seq(100_000-i%90_000), chat.MaxHistory); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("log page", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Read(b.Context(), "r-one", chat.Cursor{}, 200); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, text := range []string{"점심", "부탁", "리뷰 deploy", "dat", "d", "n777", "짬", "없는말"} {
		b.Run("search="+text, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(b.Context(), chat.Query{Rooms: []chat.RoomID{"r-one"}, Text: text, Limit: 20}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStore_deleteRoom deletes a room of 100,000 messages while it posts to
// another room. It reports the longest time that such a post took, and how long
// it took until all words were erased.
func BenchmarkStore_deleteRoom(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		r, dir := benchRoom(b, 100_000)
		other := benchSender(b, r.store, 0)
		b.StartTimer()
		began := time.Now()
		deleted := make(chan error)
		go func() {
			d := r.draft(chat.Content{Kind: chat.KindRoomDeleted})
			_, err := r.store.Append(b.Context(), d, &chat.Scanned{Head: chat.Head{Cursor: d.Since}})
			deleted <- err
		}()
		longest, isDeleted := time.Duration(0), false
		for n := 0; !isDeleted || countRows(b, dir, "erasing") > 0; n++ {
			sent := time.Now()
			if err := benchSend(b, r.store, other, n); err != nil {
				b.Fatal(err)
			}
			longest = max(longest, time.Since(sent))
			select {
			case err := <-deleted:
				if isDeleted = true; err != nil {
					b.Fatal(err)
				}
			default:
			}
		}
		b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
		b.ReportMetric(time.Since(began).Seconds(), "erased-s")
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
