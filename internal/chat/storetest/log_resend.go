package storetest

import (
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var resendCases = []logCase{
	{rule: "returns the stored entry to a resend, whatever the resend says", run: resendWithOtherContent},
	{rule: "returns the stored entry to a resend by an author removed since", run: resendAfterRemoval},
	{rule: "returns a copy that landed after the scan", run: resendMeetsCopy},
	{rule: "writes no second copy however much landed since the scan", isLong: true, run: resendFarBehind},
	{rule: "finds the copy after a raised since that does not step over it", run: resendWithRaisedSince},
	{rule: "takes one id by two authors as two entries", run: sameIDByTwoAuthors},
	{rule: "takes one id in two rooms as two entries", run: sameIDInTwoRooms},
	{rule: "returns the body as it is now to a resend", run: resendAfterEdit},
	{rule: "finds a copy before since exactly when it declares so", run: copyBeforeSince},
}

// wantResend sends d and requires it to be answered with the stored entry.
func wantResend(t testing.TB, log chat.Log, d *chat.Draft, stored chat.Entry) {
	t.Helper()
	appended, err := send(t.Context(), log, d)
	if err != nil {
		t.Fatalf("resend: %v", err)
	}
	wantEqual(t, "resend", appended, chat.Appended{Entry: stored, Existed: true})
}

func resendWithOtherContent(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("처음"))
	stored := w.commit(t, d)
	w.addPosts(t, 2)
	for _, c := range []chat.Content{post("처음"), post("다른 말"), topic("다른 것"), deletion(2), endRoom()} {
		again := *d
		again.Content = c
		wantResend(t, s, &again, stored)
	}
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func resendAfterRemoval(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	guest := uniqueUser()
	joined := w.add(t, join(guest, "손님", chat.RoleMember))
	d := w.draft(post("마지막 말"))
	d.Author, d.Basis = guest, chat.Basis{{Thing: chat.MemberThing(guest), Seq: joined.Seq}}
	stored := w.commit(t, d)
	w.add(t, remove(guest, chat.RoleMember))
	wantResend(t, s, d, stored)
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func resendMeetsCopy(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("두 길로"))
	outdated := scan(t, s, d)
	w.addPosts(t, 2)
	stored := w.commit(t, d)
	w.addPosts(t, 2)
	appended, err := s.Append(t.Context(), d, outdated)
	if err != nil {
		t.Fatal(err)
	}
	if !appended.Existed {
		t.Errorf("the copy was not met: %+v", appended)
	}
	wantEqual(t, "entry", appended.Entry, stored)
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func resendFarBehind(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d, late := w.draft(post("두 길로")), w.draft(post("뒤늦게"))
	outdated, outdatedToo := scan(t, s, d), scan(t, s, late)
	w.commit(t, d)
	w.addPosts(t, chat.MaxScan+10)

	appended, err := s.Append(t.Context(), d, outdated)
	if chat.CodeOf(err) != chat.CodeStale {
		wantCode(t, "the copy's append", err, "")
		wantEqual(t, "the copy's append", appended, chat.Appended{Entry: w.acked[1], Existed: true})
	}
	appended, err = s.Append(t.Context(), late, outdatedToo)
	if chat.CodeOf(err) != chat.CodeStale {
		wantCode(t, "a new entry's append", err, "")
		w.saw(&appended.Entry)
	}
	wantEqual(t, "log", readAll(t, s, w.room, chat.MaxPage), w.acked)
}

func resendWithRaisedSince(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("나중에"))
	w.addPosts(t, 3)
	raised := w.cursor
	w.addPosts(t, 2)
	stored := w.commit(t, d)
	w.addPosts(t, 3)
	again := *d
	again.Since = raised
	wantResend(t, s, &again, stored)
	again.Since = w.acked[stored.Seq-2].Cursor()
	wantResend(t, s, &again, stored)
}

func sameIDByTwoAuthors(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	first := w.draft(post("나"))
	second := w.draft(post("너"))
	second.Author, second.ID = uniqueUser(), first.ID
	w.commit(t, first)
	w.commit(t, second)
	wantEqual(t, "log", readAll(t, s, w.room, 10), w.acked)
}

func sameIDInTwoRooms(t testing.TB, s *logTest) {
	a, b := newWriter(t, s), newWriter(t, s)
	first, second := a.draft(post("여기")), b.draft(post("저기"))
	second.Author, second.ID = first.Author, first.ID
	a.commit(t, first)
	b.commit(t, second)
	wantEqual(t, "log a", readAll(t, s, a.room, 10), a.acked)
	wantEqual(t, "log b", readAll(t, s, b.room, 10), b.acked)
}

func resendAfterEdit(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("오타"))
	stored := w.commit(t, d)
	w.add(t, edit(stored.Seq, "고침"))
	stored.Text = "고침"
	wantResend(t, s, d, stored)
	w.add(t, deletion(stored.Seq))
	stored.Text = ""
	wantResend(t, s, d, stored)
}

func copyBeforeSince(t testing.TB, s *logTest) {
	w := newWriter(t, s)
	d := w.draft(post("옛말"))
	stored := w.commit(t, d)
	w.addPosts(t, 1)
	again := *d
	again.Since = stored.Cursor()
	found := scan(t, s, &again).Found
	if (found != nil) != s.harness.FindsCopiesBeforeSince {
		t.Errorf("found %+v, declared FindsCopiesBeforeSince %t", found, s.harness.FindsCopiesBeforeSince)
	}
}
