// Package storetest holds the suites that every adapter passes: one for each port
// of a store, one for the limiter, and one for Subscriptions and Audience
// together, which cannot be tested apart. A case is named after the rule that it
// checks. Where the contract leaves a choice, the harness declares what the store
// does; no case skips itself.
//
// All cases may share one database: each makes ids of its own and looks at
// nothing else.
package storetest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

// LogHarness gives [RunLog] a store and declares where the store differs.
type LogHarness struct {
	// Open returns the store; the harness closes it with t.Cleanup. It may be
	// called from several cases at once.
	Open func(t testing.TB) LogStore
	// FindsCopiesBeforeSince says that the store finds a copy of (author, id)
	// wherever it stands, not only in the MaxScan entries after Since.
	FindsCopiesBeforeSince bool
	// Empty does all that the store does after the Append of room_deleted to
	// empty the room's words. It is nil where Append empties them itself.
	Empty func(t testing.TB, room chat.RoomID)
	// Seed decides what the random cases do; 0 lets each draw one and print it.
	Seed uint64
	// Absent names the optional fields of LogStore that this store leaves nil.
	// The cases that need them are not run. RunLog fails when the list is wrong.
	Absent []string
	// IsShort leaves out the cases that take a long log, which fill most of the
	// time of a slow store.
	IsShort bool
}

// LogStore is a Log with ways to see what its appends made. A field is nil where
// the store cannot do that: see LogHarness.Absent.
type LogStore struct {
	chat.Log
	// FindRooms, Post, FindMembers, Mentions and Marks are methods of the ports.
	FindRooms   func(context.Context, ...chat.RoomID) ([]chat.Room, error)
	Post        func(context.Context, chat.RoomID, chat.Seq) (chat.Post, error)
	FindMembers func(context.Context, chat.RoomID, ...chat.UserID) ([]chat.Member, error)
	Mentions    func(context.Context, chat.UserID, chat.Mention, int) ([]chat.Mention, error)
	Marks       func(context.Context, chat.UserID) (map[chat.RoomID]chat.Mark, error)
	// Settle makes the marks that Append may write later visible now.
	Settle func(t testing.TB)
	// Second opens another handle on the same database.
	Second func(t testing.TB) chat.Log
	// Stored returns all that the store keeps of the room, unescaped and in any
	// form: the suite searches it for words that should be gone.
	Stored func(t testing.TB, room chat.RoomID) string
}

// logTest is one case's view of the store.
type logTest struct {
	LogStore
	harness *LogHarness
}

// empty finishes the deletion of a room.
func (s *logTest) empty(t testing.TB, room chat.RoomID) {
	t.Helper()
	if s.harness.Empty != nil {
		s.harness.Empty(t, room)
	}
}

// logCase checks one rule. run takes a testing.TB, so that a test of this package
// can watch it fail.
type logCase struct {
	rule string
	// needs names the optional fields of LogStore that the case uses.
	needs []string
	// isLong says that it appends more than 200 entries or a megabyte.
	isLong bool
	run    func(t testing.TB, s *logTest)
}

// logCases are all cases of RunLog, by theme.
var logCases = slices.Concat(
	appendCases, createCases, concurrencyCases, resendCases, scanCases,
	basisCases, readCases, historyCases, wordCases, deletionCases,
	reactionCases, stateCases, walkCases,
)

// RunLog checks a store against the contract of chat.Log.
func RunLog(t *testing.T, h LogHarness) {
	t.Run("declares what it lacks", func(t *testing.T) { h.checkAbsent(t) })
	for _, c := range logCases {
		if slices.ContainsFunc(c.needs, func(field string) bool { return slices.Contains(h.Absent, field) }) {
			t.Logf("not run, the store declares %v absent: %s", h.Absent, c.rule)
			continue
		}
		if h.IsShort && c.isLong {
			t.Logf("not run, it takes a long log: %s", c.rule)
			continue
		}
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			c.run(t, &logTest{LogStore: h.Open(t), harness: &h})
		})
	}
}

func (h *LogHarness) checkAbsent(t testing.TB) {
	store := reflect.ValueOf(h.Open(t))
	for i := range store.NumField() {
		name := store.Type().Field(i).Name
		if isAbsent := slices.Contains(h.Absent, name); store.Field(i).IsNil() != isAbsent {
			t.Errorf("LogStore.%s: nil is %t, declared absent is %t", name, store.Field(i).IsNil(), isAbsent)
		}
	}
}
