package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/chat/chattest"
	"github.com/maru-chat/maru/internal/chat/storetest"
	"github.com/maru-chat/maru/internal/faultproxy"
)

// someOfAll are faults on every fifth write.
var someOfAll = faultproxy.Rates{
	faultproxy.AnswerLost: 0.03, faultproxy.AnswerBroken: 0.03, faultproxy.Cut: 0.02, faultproxy.Refused: 0.03,
	faultproxy.Throttled: 0.03, faultproxy.Conflict: 0.03, faultproxy.Late: 0.03,
}

// startProxy stands a proxy in front of the DynamoDB Local that all tests share.
func startProxy(tb testing.TB, c faultproxy.Config) *faultproxy.Proxy {
	tb.Helper()
	c.Target = endpoint(tb)
	p := faultproxy.Start(c)
	tb.Cleanup(p.Close)
	return p
}

// startFaulty is startProxy with some faults of all kinds. The test fails when
// it has met none: then it has shown nothing.
func startFaulty(t *testing.T, seed uint64) *faultproxy.Proxy {
	t.Helper()
	p := startProxy(t, faultproxy.Config{Seed: seed, Rates: someOfAll})
	t.Cleanup(func() { // when the cases that run beside each other are over
		met, requests := p.Met(), 0
		for _, n := range met {
			requests += n
		}
		t.Logf("met %v", met)
		// One short case alone may be lucky.
		if faults := requests - met[faultproxy.None]; faults == 0 && (requests == 0 || requests > 200) {
			t.Errorf("no fault in %d requests", requests)
		}
	})
	return p
}

// hasty waits a tenth of the time: with a fault at every fifth write the suite
// would do little else.
func hasty(ctx context.Context, d time.Duration) error { return sleep(ctx, d/10) }

// faultsVariable says how much of the log's suite runs under faults: "all", the
// default, as in `make soak`; "most", which leaves out the cases that take a long
// log, as in `make check`; or "some", which leaves the suite out, as in `make
// test`. The tests of single faults, the storm and the concurrent histories always
// run.
const faultsVariable = "MARU_FAULTS"

func TestStore_Log_underFaults(t *testing.T) {
	t.Parallel()
	if os.Getenv(faultsVariable) == "some" {
		t.Skipf("%s=some leaves the whole suite under faults to make check", faultsVariable)
	}
	seed := chattest.Seed(t)
	p := startFaulty(t, seed)
	client := connect(p.Endpoint())
	newStore := func() *Store { return New(Config{Client: client, Table: tableName, Sleep: hasty}) }
	storetest.RunLog(t, storetest.LogHarness{
		Seed:    seed,
		IsShort: os.Getenv(faultsVariable) == "most",
		Open: func(t testing.TB) storetest.LogStore {
			s := logStoreOf(newStore(), p.Endpoint())
			s.Stored = storedAt(endpoint(t))
			return s
		},
		Empty: func(t testing.TB, room chat.RoomID) { emptyRoom(t, newStore(), room) },
	})
}

func TestStore_linearizable(t *testing.T) {
	t.Parallel()
	seed := chattest.Seed(t)
	p := startFaulty(t, seed)
	storetest.RunLinearizable(t, storetest.LinearizableHarness{
		Seed: seed,
		Open: func(t testing.TB) chat.Log { return &impatient{Log: openAt(t, p.Endpoint())} },
	})
}

// impatient gives one append in four so little time that some are given up
// undecided. The others have all they need, however busy the machine.
type impatient struct {
	chat.Log
	appends atomic.Int64
}

func (l *impatient) Append(ctx context.Context, d *chat.Draft, scanned *chat.Scanned) (chat.Appended, error) {
	if l.appends.Add(1)%4 == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
	}
	return l.Log.Append(ctx, d, scanned)
}

// faultyRoom is a room with one post behind a proxy that starts without faults.
type faultyRoom struct {
	proxy   *faultproxy.Proxy
	store   *Store
	counted *counted
	// waits counts those of the store's walks; they take no time.
	waits atomic.Int64
	room  chat.RoomID
	since chat.Cursor
	// overtake is called when a request is overtaken.
	overtake func()
}

const author chat.UserID = "author"

func newFaultyRoom(t *testing.T) *faultyRoom {
	t.Helper()
	r := &faultyRoom{room: chat.RoomID(fmt.Sprintf("faulty-%d", rand.Uint64()))}
	r.proxy = startProxy(t, faultproxy.Config{Seed: 1, Overtake: func() { r.overtake() }})
	r.store = openAt(t, r.proxy.Endpoint())
	r.counted = &counted{table: r.store.table}
	r.store.table = r.counted
	r.store.sleep = func(ctx context.Context, _ time.Duration) error {
		r.waits.Add(1)
		return ctx.Err()
	}
	created := r.mustSend(t, "created", chat.Content{
		Kind: chat.KindCreated, Title: "마루", Visibility: chat.Public,
		Founders: []chat.Founder{{User: author, Name: "글쓴이", Role: chat.RoleOwner}},
	})
	r.since = created.Entry.Cursor()
	return r
}

func (r *faultyRoom) draft(id chat.EntryID, c chat.Content) *chat.Draft {
	return &chat.Draft{Room: r.room, Author: author, ID: id, Content: c, Since: r.since, Now: time.Now()}
}

func (r *faultyRoom) mustSend(t *testing.T, id chat.EntryID, c chat.Content) chat.Appended {
	t.Helper()
	appended, err := r.send(t.Context(), r.draft(id, c))
	if err != nil {
		t.Fatal(err)
	}
	return appended
}

func (r *faultyRoom) send(ctx context.Context, d *chat.Draft) (chat.Appended, error) {
	return sendBy(ctx, r.store, d)
}

func sendBy(ctx context.Context, s *Store, d *chat.Draft) (chat.Appended, error) {
	scanned, err := s.Scan(ctx, d)
	if err != nil {
		return chat.Appended{}, err
	}
	if scanned.Found != nil {
		return chat.Appended{Entry: *scanned.Found, Existed: true}, nil
	}
	return s.Append(ctx, d, &scanned)
}

// ids reads the log's entry ids.
func (r *faultyRoom) ids(t *testing.T) []chat.EntryID {
	t.Helper()
	if err := r.proxy.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := openAt(t, endpoint(t)).Read(t.Context(), r.room, chat.Cursor{}, chat.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	var ids []chat.EntryID
	for _, e := range page.Entries {
		ids = append(ids, e.ID)
	}
	return ids
}

var (
	plainPost = chat.Content{Kind: chat.KindPosted, Text: "안녕"}
	newTopic  = chat.Content{Kind: chat.KindTopicSet, Text: "점심"}
)

// writesOf are the two ways to a slot.
var writesOf = map[string]chat.Content{"PutItem": plainPost, "TransactWriteItems": newTopic}

func TestStore_Append_repeatsWhatIsUndecidedAtItsSlot(t *testing.T) {
	t.Parallel()
	for operation, content := range writesOf {
		for _, fault := range []faultproxy.Fault{
			faultproxy.AnswerLost, faultproxy.AnswerBroken, faultproxy.Cut, faultproxy.Refused,
			faultproxy.Throttled, faultproxy.Conflict, faultproxy.Late,
		} {
			t.Run(operation+" "+fault.String(), func(t *testing.T) {
				t.Parallel()
				r := newFaultyRoom(t)
				before := r.counted.tries.Load()
				r.proxy.Script(operation, fault, fault)
				appended := r.mustSend(t, "mine", content)
				if appended.Entry.Seq != 2 || appended.Existed {
					t.Errorf("landed as %+v, want a new entry 2", appended)
				}
				// Each fault costs the walk one try: the SDK repeats nothing by itself.
				if tries, waits := r.counted.tries.Load()-before, r.waits.Load(); tries != 3 || waits != 2 {
					t.Errorf("%d tries with %d waits, want 3 and 2", tries, waits)
				}
				if diff := cmp.Diff([]chat.EntryID{"created", "mine"}, r.ids(t)); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestStore_Append_afterADeadWriter lets a writer die at its write; the client
// sends again through another.
func TestStore_Append_afterADeadWriter(t *testing.T) {
	t.Parallel()
	for operation, content := range writesOf {
		for _, death := range []faultproxy.Fault{faultproxy.DieBefore, faultproxy.DieAfter, faultproxy.Late} {
			t.Run(operation+" "+death.String(), func(t *testing.T) {
				t.Parallel()
				r := newFaultyRoom(t)
				r.proxy.Script(operation, death, faultproxy.DieBefore)
				d := r.draft("mine", content)
				if _, err := r.send(t.Context(), d); chat.CodeOf(err) != chat.CodeUnavailable {
					t.Fatalf("a dead writer answered %v", err)
				}
				other := openAt(t, endpoint(t))
				scanned, err := other.Scan(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				if isThere := scanned.Found != nil; isThere != (death == faultproxy.DieAfter) {
					t.Errorf("after %s the entry is there: %t", death, isThere)
				}
				if scanned.Found == nil {
					if _, err := other.Append(t.Context(), d, &scanned); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff([]chat.EntryID{"created", "mine"}, r.ids(t)); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestStore_Append_lostSlots lets others take slot after slot while the write to it is
// under way: the writer takes the next one, and loses none of its effects.
func TestStore_Append_lostSlots(t *testing.T) {
	t.Parallel()
	for operation, content := range writesOf {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			r := newFaultyRoom(t)
			other := openAt(t, endpoint(t))
			lost := 0
			r.overtake = func() {
				lost++
				d := r.draft(chat.EntryID(fmt.Sprint("faster-", lost)), plainPost)
				if _, err := sendBy(t.Context(), other, d); err != nil {
					t.Error(err)
				}
			}
			before := r.counted.tries.Load()
			r.proxy.Script(operation, faultproxy.Overtaken, faultproxy.Overtaken, faultproxy.Overtaken)
			appended := r.mustSend(t, "mine", content)
			if appended.Entry.Seq != 5 || appended.Existed || lost != 3 {
				t.Errorf("landed as %+v after %d lost slots, want a new entry 5 after 3", appended, lost)
			}
			if tries := r.counted.tries.Load() - before; tries != 4 {
				t.Errorf("%d tries, want one for each slot: 4", tries)
			}
			want := []chat.EntryID{"created", "faster-1", "faster-2", "faster-3", "mine"}
			if diff := cmp.Diff(want, r.ids(t)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			room, err := other.FindRooms(t.Context(), r.room)
			if isSet := content.Kind == chat.KindTopicSet; err != nil || (room[0].Topic == newTopic.Text) != isSet {
				t.Errorf("%+v, %v; the topic must be set: %t", room, err, isSet)
			}
		})
	}
}

// TestStore_Append_lateWriteMeetsItsSlotTaken lets somebody else take the slot
// of a write that is still under way: the write fails when it arrives.
func TestStore_Append_lateWriteMeetsItsSlotTaken(t *testing.T) {
	t.Parallel()
	for operation, content := range writesOf {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			r := newFaultyRoom(t)
			r.proxy.Script(operation, faultproxy.Late, faultproxy.DieBefore)
			if _, err := r.send(t.Context(), r.draft("late", content)); err == nil {
				t.Fatal("the write was acknowledged")
			}
			other := openAt(t, endpoint(t))
			if _, err := sendBy(t.Context(), other, r.draft("faster", plainPost)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]chat.EntryID{"created", "faster"}, r.ids(t)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			room, err := other.FindRooms(t.Context(), r.room)
			if err != nil || room[0].Topic != "" {
				t.Errorf("the late write left its effects: %+v, %v", room, err)
			}
		})
	}
}

func TestStore_Append_refusesWhatConcernsNoPost(t *testing.T) {
	t.Parallel()
	r := newFaultyRoom(t)
	for _, kind := range []chat.Kind{chat.KindEdited, chat.KindDeleted, chat.KindReactionSet, chat.KindReactionRemoved} {
		for _, post := range []chat.Seq{1, 7} {
			_, err := r.send(t.Context(), r.draft(chat.EntryID(kind), chat.Content{Kind: kind, Post: post, Text: "글", Emoji: "👍"}))
			var refused *chat.Error
			if !errors.As(err, &refused) || refused.Code != chat.CodeNotFound {
				t.Errorf("%s at %d: %v, want not_found", kind, post, err)
			}
		}
	}
	if diff := cmp.Diff([]chat.EntryID{"created"}, r.ids(t)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
