package apigwtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw"
	"github.com/maru-chat/maru/internal/chat"
)

// RowsHarness says how RunRows reaches rows. Tests use ids of their own, so that
// they may share a table.
type RowsHarness struct {
	Connections apigw.ConnectionRows
	Listeners   apigw.ListenerRows
	// Change appends an entry of the kind about the user to the room's log, which
	// it creates where need be, as the store does that keeps the rows; it returns
	// the entry's seq.
	Change func(t testing.TB, room chat.RoomID, kind chat.Kind, user chat.UserID) chat.Seq
	// Many is how many listeners a room of the paging tests has.
	Many int
}

// RunRows checks rows against the contracts of apigw.ConnectionRows and
// apigw.ListenerRows.
func RunRows(t *testing.T, h RowsHarness) {
	tests := map[string]func(*testing.T, RowsHarness){
		"lists what was saved of a user's connections":       listsConnections,
		"lists a room's listeners, each once":                listsListeners,
		"pages through a large room":                         pagesThroughRoom,
		"removes a connection with all that it listens to":   removesConnection,
		"keeps what was saved after the removal":             keepsLateListener,
		"hides a connection in every room, and shows it":     hidesConnection,
		"hides nothing that has gone":                        hidesNothing,
		"shows a removal with the first page, until joining": showsEvictions,
		"reads all evictions, many or few, with a page":      readsManyEvictions,
		"fails when the caller has gone":                     failsWhenGone,
	}
	for rule, test := range tests {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// connectedAt is in whole milliseconds, as rows keep it, and not long ago: a
// store may remove rows that have expired.
var connectedAt = time.Now().UTC().Truncate(time.Millisecond)

func someID(what string) string { return fmt.Sprintf("%s-%016x", what, rand.Uint64()) }

func rowOf(user chat.UserID, conn chat.ConnID) apigw.Row {
	return apigw.Row{
		User: user, Conn: conn, Kind: apigw.KindMaru, ConnectedAt: connectedAt,
		ExpiresAt: connectedAt.Truncate(time.Second).Add(apigw.RowLife),
	}
}

func newRow() apigw.Row {
	// With the characters that API Gateway has in the ids of connections.
	return rowOf(chat.UserID(someID("user")), chat.ConnID(someID("conn")+"=="))
}

func in(room chat.RoomID, row apigw.Row) apigw.Row {
	row.Room = room
	return row
}

func newRoom() chat.RoomID { return chat.RoomID(someID("room")) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// all reads every page of a room.
func all(t *testing.T, h RowsHarness, room chat.RoomID, limit int) []apigw.Row {
	t.Helper()
	var found []apigw.Row
	for after, isFirst := chat.ConnID(""), true; isFirst || after != ""; isFirst = false {
		page, err := h.Listeners.Page(t.Context(), room, after, limit)
		must(t, err)
		if len(page.Listeners) > limit {
			t.Fatalf("a page of %d with limit %d", len(page.Listeners), limit)
		}
		found = append(found, page.Listeners...)
		after = page.Next
	}
	slices.SortFunc(found, byConn)
	return found
}

func wantListeners(t *testing.T, h RowsHarness, room chat.RoomID, want ...apigw.Row) {
	t.Helper()
	slices.SortFunc(want, byConn)
	if diff := cmp.Diff(want, all(t, h, room, 10)); diff != "" {
		t.Errorf("listeners of %s (-want +got):\n%s", room, diff)
	}
}

func wantConnections(t *testing.T, h RowsHarness, user chat.UserID, want ...apigw.Row) {
	t.Helper()
	found, err := h.Connections.ConnectionsOf(t.Context(), user)
	must(t, err)
	slices.SortFunc(found, byConn)
	slices.SortFunc(want, byConn)
	if len(found)+len(want) > 0 && !cmp.Equal(want, found) {
		t.Errorf("connections of %s (-want +got):\n%s", user, cmp.Diff(want, found))
	}
}

func listsConnections(t *testing.T, h RowsHarness) {
	row, other := newRow(), newRow()
	second := rowOf(row.User, chat.ConnID(someID("conn")))
	second.Kind = apigw.KindClassic
	for _, r := range []apigw.Row{row, other, second, row} {
		must(t, h.Connections.SaveConnection(t.Context(), r))
	}
	wantConnections(t, h, row.User, row, second)
	wantConnections(t, h, other.User, other)
	wantConnections(t, h, "nobody")
}

func listsListeners(t *testing.T, h RowsHarness) {
	room, a, b := newRoom(), newRow(), newRow()
	b.IsHidden = true
	wantListeners(t, h, room)
	for _, r := range []apigw.Row{in(room, a), in(room, b), in(newRoom(), a), in(room, a)} {
		must(t, h.Listeners.SaveListener(t.Context(), r))
	}
	wantListeners(t, h, room, in(room, a), in(room, b))
	for range 2 {
		must(t, h.Listeners.RemoveListener(t.Context(), room, a.Conn))
	}
	wantListeners(t, h, room, in(room, b))
}

func pagesThroughRoom(t *testing.T, h RowsHarness) {
	room := newRoom()
	var want []apigw.Row
	for range h.Many {
		r := in(room, newRow())
		want = append(want, r)
		must(t, h.Listeners.SaveListener(t.Context(), r))
	}
	slices.SortFunc(want, byConn)
	for _, limit := range []int{1, h.Many - 1, h.Many, h.Many + 1} {
		if diff := cmp.Diff(want, all(t, h, room, limit)); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", limit, diff)
		}
	}
}

func removesConnection(t *testing.T, h RowsHarness) {
	row, other := newRow(), newRow()
	rooms := []chat.RoomID{newRoom(), newRoom(), newRoom()}
	must(t, h.Connections.SaveConnection(t.Context(), row))
	must(t, h.Connections.SaveConnection(t.Context(), other))
	for _, room := range rooms {
		must(t, h.Listeners.SaveListener(t.Context(), in(room, row)))
		must(t, h.Listeners.SaveListener(t.Context(), in(room, other)))
	}
	for range 2 {
		must(t, h.Connections.RemoveConnection(t.Context(), row.User, row.Conn))
	}
	wantConnections(t, h, row.User)
	wantConnections(t, h, other.User, other)
	for _, room := range rooms {
		wantListeners(t, h, room, in(room, other))
	}
}

// keepsLateListener: a caller that meets a dead connection must not pay again for
// what another has removed. Whoever meets the late row removes it.
func keepsLateListener(t *testing.T, h RowsHarness) {
	room, row := newRoom(), newRow()
	must(t, h.Connections.SaveConnection(t.Context(), row))
	must(t, h.Connections.RemoveConnection(t.Context(), row.User, row.Conn))
	must(t, h.Listeners.SaveListener(t.Context(), in(room, row)))
	must(t, h.Connections.RemoveConnection(t.Context(), row.User, row.Conn))
	wantListeners(t, h, room, in(room, row))
}

func hidesConnection(t *testing.T, h RowsHarness) {
	row, other := newRow(), newRow()
	rooms := []chat.RoomID{newRoom(), newRoom()}
	for _, room := range rooms {
		must(t, h.Listeners.SaveListener(t.Context(), in(room, row)))
		must(t, h.Listeners.SaveListener(t.Context(), in(room, other)))
	}
	for _, isHidden := range []bool{true, true, false} {
		must(t, h.Connections.HideConnection(t.Context(), row.Conn, isHidden))
		row.IsHidden = isHidden
		for _, room := range rooms {
			wantListeners(t, h, room, in(room, row), in(room, other))
		}
	}
}

func hidesNothing(t *testing.T, h RowsHarness) {
	room, row := newRoom(), newRow()
	must(t, h.Connections.SaveConnection(t.Context(), row))
	must(t, h.Listeners.SaveListener(t.Context(), in(room, row)))
	must(t, h.Connections.RemoveConnection(t.Context(), row.User, row.Conn))
	must(t, h.Connections.HideConnection(t.Context(), row.Conn, true))
	wantListeners(t, h, room)
}

func showsEvictions(t *testing.T, h RowsHarness) {
	room, row := newRoom(), newRow()
	must(t, h.Listeners.SaveListener(t.Context(), in(room, row)))
	wantEvicted(t, h, room, row.User, 0)
	removed := h.Change(t, room, chat.KindRemoved, row.User)
	wantEvicted(t, h, room, row.User, removed)
	h.Change(t, room, chat.KindJoined, row.User)
	wantEvicted(t, h, room, row.User, 0)
	left := h.Change(t, room, chat.KindLeft, row.User)
	wantEvicted(t, h, room, row.User, left)
	wantListeners(t, h, room, in(room, row))
}

func wantEvicted(t *testing.T, h RowsHarness, room chat.RoomID, user chat.UserID, want chat.Seq) {
	t.Helper()
	got, err := h.Listeners.EvictedAt(t.Context(), room, user)
	must(t, err)
	page, err := h.Listeners.Page(t.Context(), room, "", 1)
	must(t, err)
	if got != want || page.Evicted[user] != want {
		t.Errorf("evicted at %d, with the page %d; want %d", got, page.Evicted[user], want)
	}
}

func readsManyEvictions(t *testing.T, h RowsHarness) {
	for _, evictions := range []int{1, 30, 31, 32, 100} {
		room := newRoom()
		var want []apigw.Row
		for range 40 {
			want = append(want, in(room, newRow()))
			must(t, h.Listeners.SaveListener(t.Context(), want[len(want)-1]))
		}
		for range evictions {
			h.Change(t, room, chat.KindRemoved, chat.UserID(someID("user")))
		}
		page, err := h.Listeners.Page(t.Context(), room, "", 31)
		must(t, err)
		if len(page.Evicted) != evictions || len(page.Listeners) != 31 || page.Next == "" {
			t.Errorf("%d evictions, %d listeners, next %q; want %d, 31 and more to come",
				len(page.Evicted), len(page.Listeners), page.Next, evictions)
		}
		wantListeners(t, h, room, want...)
	}
}

func failsWhenGone(t *testing.T, h RowsHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	row := in(newRoom(), newRow())
	_, listErr := h.Connections.ConnectionsOf(ctx, row.User)
	_, pageErr := h.Listeners.Page(ctx, row.Room, "", 1)
	_, evictedErr := h.Listeners.EvictedAt(ctx, row.Room, row.User)
	for what, err := range map[string]error{
		"SaveConnection":   h.Connections.SaveConnection(ctx, row),
		"RemoveConnection": h.Connections.RemoveConnection(ctx, row.User, row.Conn),
		"HideConnection":   h.Connections.HideConnection(ctx, row.Conn, true),
		"SaveListener":     h.Listeners.SaveListener(ctx, row),
		"RemoveListener":   h.Listeners.RemoveListener(ctx, row.Room, row.Conn),
		"ConnectionsOf":    listErr, "Page": pageErr, "EvictedAt": evictedErr,
	} {
		var known *chat.Error
		if !errors.As(err, &known) || known.Code != chat.CodeUnavailable {
			t.Errorf("%s: %v, want unavailable", what, err)
		}
	}
}
