package dynamostore

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

const (
	secretWord = "비밀점심XQJ"
	// sliceLen is how many entries these tests empty at once: the words of talk make
	// a few slices.
	sliceLen = 7
)

// ofFirstSlice is no fault for each write of the first slice before the one to the
// room's item: there is one for each entry but entry 1, which has no words.
var ofFirstSlice = make([]faultproxy.Fault, sliceLen-1)

// talk fills a room with words of every kind and returns how many entries it has.
func (r *faultyRoom) talk(t *testing.T) chat.Seq {
	t.Helper()
	var last chat.Appended
	for i := range 10 {
		id := func(what string) chat.EntryID { return chat.EntryID(fmt.Sprint(what, i)) }
		last = r.mustSend(t, id("post"), chat.Content{Kind: chat.KindPosted, Text: secretWord + " 글"})
		r.mustSend(t, id("edit"), chat.Content{Kind: chat.KindEdited, Post: last.Entry.Seq, Text: secretWord + " 고친 글"})
		last = r.mustSend(t, id("topic"), chat.Content{Kind: chat.KindTopicSet, Text: secretWord + " 주제"})
	}
	return last.Entry.Seq
}

// end deletes the room that has talked.
func (r *faultyRoom) end(t *testing.T) (head chat.Seq) {
	t.Helper()
	r.talk(t)
	return r.mustSend(t, "end", chat.Content{Kind: chat.KindRoomDeleted}).Entry.Seq
}

// order returns what the stream delivers about the room as it is now; hasMore is
// whether the stream's filter lets it through.
func (r *faultyRoom) order(t *testing.T) (image map[string]events.DynamoDBAttributeValue, hasMore bool) {
	t.Helper()
	items, err := openAt(t, endpoint(t)).table.get(t.Context(), roomKey(r.room))
	if err != nil {
		t.Fatal(err)
	}
	return imageOf(t, items[0]), items[0].text(attrErase) == "more"
}

// empty carries out an order as one event of the stream would.
func (r *faultyRoom) empty(t *testing.T, image map[string]events.DynamoDBAttributeValue) error {
	t.Helper()
	room, after, err := DecodeErasure(image)
	if err != nil {
		return err
	}
	return r.store.EraseRoom(t.Context(), room, after, sliceLen)
}

// emptyInVain carries out an order and expects that a fault cuts it off.
func (r *faultyRoom) emptyInVain(t *testing.T, image map[string]events.DynamoDBAttributeValue) {
	t.Helper()
	if err := r.empty(t, image); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Fatalf("a slice that was cut off: %v, want unavailable", err)
	}
}

// emptyAll carries out the orders that each slice leads to, and returns how many.
func (r *faultyRoom) emptyAll(t *testing.T) (count int) {
	t.Helper()
	for image, hasMore := r.order(t); hasMore; image, hasMore = r.order(t) {
		if err := r.empty(t, image); err != nil {
			t.Fatal(err)
		}
		if count++; count > 100 {
			t.Fatal("it leads on for ever")
		}
	}
	return count
}

// words counts how often the secret stands in the room's partition.
func (r *faultyRoom) words(t *testing.T) int {
	t.Helper()
	return strings.Count(storedAt(endpoint(t))(t, r.room), secretWord)
}

func (r *faultyRoom) writes() int { return r.proxy.Counts()["UpdateItem"] }

func TestStore_EraseRoom_emptiesToTheEnd(t *testing.T) {
	t.Parallel()
	r := newFaultyRoom(t)
	head := r.end(t)
	if rooms, err := r.store.FindRooms(t.Context(), r.room); err != nil || rooms[0].Topic != "" {
		t.Errorf("the topic of a deleted room is %q, %v", rooms[0].Topic, err)
	}
	// In each slice one write is lost, and one is applied while its answer is lost.
	faults := []faultproxy.Fault{faultproxy.Refused, faultproxy.AnswerLost, faultproxy.None, faultproxy.None, faultproxy.None}
	for range int(head)/sliceLen + 1 {
		r.proxy.Script("UpdateItem", faults...)
	}
	if count, want := r.emptyAll(t), int(head)/sliceLen+1; count != want {
		t.Errorf("%d slices of %d for %d entries, want %d", count, sliceLen, head, want)
	}
	if n := r.words(t); n > 0 {
		t.Errorf("%d words are left", n)
	}
	page, err := r.store.Read(t.Context(), r.room, chat.Cursor{}, chat.MaxPage)
	if err != nil || len(page.Entries) != int(head) {
		t.Errorf("%d entries, %v; want all %d slots", len(page.Entries), err, head)
	}
}

// A room whose entries fill the last slice is done one slice later.
func TestStore_EraseRoom_endsAfterAFullSlice(t *testing.T) {
	t.Parallel()
	r := newFaultyRoom(t)
	for i := 2; i < 2*sliceLen; i++ {
		r.mustSend(t, chat.EntryID(fmt.Sprint(i)), chat.Content{Kind: chat.KindPosted, Text: secretWord})
	}
	if end := r.mustSend(t, "end", chat.Content{Kind: chat.KindRoomDeleted}); end.Entry.Seq != 2*sliceLen {
		t.Fatalf("the room ends at %d", end.Entry.Seq)
	}
	if count := r.emptyAll(t); count != 3 || r.words(t) > 0 {
		t.Errorf("%d slices, %d words left; want 3 and none", count, r.words(t))
	}
}

func TestStore_EraseRoom_leadsOnOnce(t *testing.T) {
	t.Parallel()
	t.Run("when an order comes again later", func(t *testing.T) {
		t.Parallel()
		r := newFaultyRoom(t)
		r.end(t)
		var orders []map[string]events.DynamoDBAttributeValue
		for image, hasMore := r.order(t); hasMore; image, hasMore = r.order(t) {
			orders = append(orders, image)
			if err := r.empty(t, image); err != nil {
				t.Fatal(err)
			}
			before, standing := r.writes(), len(orders)
			for _, old := range orders[:standing] {
				if err := r.empty(t, old); err != nil || r.writes() != before {
					t.Fatalf("an order that was carried out wrote %d times, %v", r.writes()-before, err)
				}
			}
		}
	})
	t.Run("when it comes twice at once", func(t *testing.T) {
		t.Parallel()
		r := newFaultyRoom(t)
		head := r.end(t)
		count := 0
		for image, hasMore := r.order(t); hasMore; image, hasMore = r.order(t) {
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					if err := r.empty(t, image); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			count++
		}
		if want := int(head)/sliceLen + 1; count != want || r.words(t) > 0 {
			t.Errorf("%d slices, %d words left; want %d and none", count, r.words(t), want)
		}
	})
	t.Run("when its last write arrives after others went on", func(t *testing.T) {
		t.Parallel()
		r := newFaultyRoom(t)
		head := r.end(t)
		order, _ := r.order(t)
		r.proxy.Script("UpdateItem", slices.Concat(ofFirstSlice, []faultproxy.Fault{faultproxy.Late, faultproxy.DieBefore})...)
		r.emptyInVain(t, order)
		r.store = openAt(t, endpoint(t))
		r.emptyAll(t)
		if err := r.proxy.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now, hasMore := r.order(t); hasMore || now[attrErased].Number() != fmt.Sprint(head) {
			t.Errorf("it was set back to %s of %d, and leads on: %t", now[attrErased].Number(), head, hasMore)
		}
	})
}

// TestStore_EraseRoom_cutOff cuts a slice off after some of its words: its order
// stays in the room's item and is carried out again.
func TestStore_EraseRoom_cutOff(t *testing.T) {
	t.Parallel()
	for what, faults := range map[string][]faultproxy.Fault{
		"before a word":                   {faultproxy.DieBefore},
		"in the middle":                   {faultproxy.None, faultproxy.None, faultproxy.DieBefore},
		"in the middle, with a late word": {faultproxy.None, faultproxy.Late, faultproxy.DieAfter},
		"before it says how far it came":  append(slices.Clone(ofFirstSlice), faultproxy.DieBefore),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newFaultyRoom(t)
			r.end(t)
			order, _ := r.order(t)
			r.proxy.Script("UpdateItem", faults...)
			r.emptyInVain(t, order)
			if now, hasMore := r.order(t); !hasMore || now[attrErased].DataType() == events.DataTypeNumber {
				t.Fatalf("the next order is from %v on, want the same again", now[attrErased])
			}
			if err := r.proxy.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.store = openAt(t, endpoint(t)) // another function takes over
			if r.emptyAll(t); r.words(t) > 0 {
				t.Errorf("%d words are left", r.words(t))
			}
		})
	}
}

// A slice whose last answer was lost is done: its order is not carried out again.
func TestStore_EraseRoom_lostAnswer(t *testing.T) {
	t.Parallel()
	r := newFaultyRoom(t)
	r.end(t)
	order, _ := r.order(t)
	r.proxy.Script("UpdateItem", append(slices.Clone(ofFirstSlice), faultproxy.DieAfter)...)
	r.emptyInVain(t, order)
	r.store = openAt(t, endpoint(t))
	next, hasMore := r.order(t)
	if _, after, err := DecodeErasure(next); !hasMore || after != sliceLen || err != nil {
		t.Fatalf("the next order is after %d, %t, %v; want %d", after, hasMore, err, sliceLen)
	}
	if err := r.empty(t, order); err != nil {
		t.Error(err)
	}
	if again, _ := r.order(t); again[attrErased].Number() != next[attrErased].Number() {
		t.Errorf("the same order again led from %s to %s", next[attrErased].Number(), again[attrErased].Number())
	}
}

func TestStore_EraseRoom_sparesRoomsThatStand(t *testing.T) {
	t.Parallel()
	r := newFaultyRoom(t)
	r.talk(t)
	before, said := r.writes(), r.words(t)
	for _, room := range []chat.RoomID{r.room, r.room + "-none"} {
		for _, after := range []chat.Seq{0, 5} {
			if err := r.store.EraseRoom(t.Context(), room, after, sliceLen); err != nil {
				t.Errorf("%s after %d: %v", room, after, err)
			}
		}
	}
	if r.writes() != before || r.words(t) != said {
		t.Errorf("%d writes, %d of %d words left; want nothing done", r.writes()-before, r.words(t), said)
	}
}

func TestDecodeErasure(t *testing.T) {
	t.Parallel()
	marked := func(change func(item)) item {
		it := newRoomItem(&chat.Room{ID: "room", Title: "마루", Visibility: chat.Public})
		it[attrDeleted], it[attrErase] = flag(), text(eraseMore)
		change(it)
		return it
	}
	for what, c := range map[string]struct {
		image item
		room  chat.RoomID
		after chat.Seq
	}{
		"a room that ends":     {image: marked(func(item) {}), room: "room"},
		"a room half emptied":  {image: marked(func(it item) { it[attrErased] = number(500) }), room: "room", after: 500},
		"a room that is empty": {image: marked(func(it item) { delete(it, attrErase) })},
		"another mark":         {image: marked(func(it item) { it[attrErase] = text("less") })},
		"no room":              {image: marked(func(it item) { delete(it, "room") })},
		"an entry":             {image: marked(func(it item) { it[sortKey] = text(entrySort(1)) })},
		"nothing":              {},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			room, after, err := DecodeErasure(imageOf(t, c.image))
			if room != c.room || after != c.after || (chat.CodeOf(err) == chat.CodeInternal) != (c.room == "") {
				t.Errorf("%q after %d, %v; want %q after %d", room, after, err, c.room, c.after)
			}
		})
	}
}
