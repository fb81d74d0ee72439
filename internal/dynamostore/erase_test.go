package dynamostore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/faultproxy"
)

const secretWord = "비밀점심XQJ"

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

func TestStore_EraseRoom(t *testing.T) {
	t.Parallel()
	r := newFaultyRoom(t)
	head := r.talk(t)
	_, err := r.store.EraseRoom(t.Context(), r.room, 100)
	if stored := storedAt(endpoint(t))(t, r.room); chat.CodeOf(err) != chat.CodeConflict || strings.Count(stored, secretWord) < int(head-1) {
		t.Fatalf("a room that stands: %v, want conflict and no word lost", err)
	}
	if _, err := r.store.EraseRoom(t.Context(), r.room+"-none", 100); chat.CodeOf(err) != chat.CodeNotFound {
		t.Errorf("no room: %v, want not_found", err)
	}

	r.mustSend(t, "end", chat.Content{Kind: chat.KindRoomDeleted})
	if rooms, err := r.store.FindRooms(t.Context(), r.room); err != nil || rooms[0].Topic != "" {
		t.Errorf("the topic of a deleted room is %q, %v", rooms[0].Topic, err)
	}
	const budget = 7
	calls := 0
	for more := true; more; calls++ {
		// One write of each call is lost, one done but not heard of.
		r.proxy.Script("UpdateItem", faultproxy.Refused, faultproxy.AnswerLost)
		if more, err = r.store.EraseRoom(t.Context(), r.room, budget); err != nil {
			t.Fatal(err)
		}
		if calls == 2 { // two at once do no harm
			if _, err := r.store.EraseRoom(t.Context(), r.room, budget); err != nil {
				t.Fatal(err)
			}
		}
	}
	if least := int(head) / budget; calls < least {
		t.Errorf("done in %d calls of %d entries, want at least %d", calls, budget, least)
	}
	if stored := storedAt(endpoint(t))(t, r.room); strings.Contains(stored, secretWord) {
		t.Errorf("words are left: %s", stored)
	}
	page, err := r.store.Read(t.Context(), r.room, chat.Cursor{}, chat.MaxPage)
	if err != nil || len(page.Entries) != int(head)+1 {
		t.Errorf("%d entries, %v; want all %d slots", len(page.Entries), err, head+1)
	}
	before := r.proxy.Counts()["UpdateItem"]
	if more, err := r.store.EraseRoom(t.Context(), r.room, budget); more || err != nil || r.proxy.Counts()["UpdateItem"] != before {
		t.Errorf("once more: more %t, %v; want nothing to do", more, err)
	}
}
