package dynamostore

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/maru-chat/maru/internal/chat"
)

// verdict looks at a finished history and returns the first promise that it
// breaks, "" when it keeps them all.
func verdict(w *world, clients []*client) string {
	if w.table.broken != "" {
		return w.table.broken
	}
	if len(w.violations) > 0 {
		return w.violations[0]
	}
	log, broken := logOf(w.table)
	w.tally.count(log)
	for _, c := range clients {
		w.tally.acks += len(c.acks)
		w.tally.raised += c.raised
	}
	for _, check := range []func() string{
		func() string { return broken },
		func() string { return checkAlone(log) },
		func() string { return checkOnce(log, clients) },
		func() string { return checkRead(log, clients) },
		func() string { return checkFold(w.table, log) },
	} {
		if broken := check(); broken != "" {
			return broken
		}
	}
	return ""
}

// count counts what the log says.
func (t *tally) count(log []chat.Entry) {
	t.entries = len(log)
	wasMember := map[chat.UserID]bool{}
	for i := range log {
		switch e := &log[i]; e.Kind {
		case chat.KindRemoved:
			t.removals++
		case chat.KindJoined:
			if wasMember[e.User] {
				t.rejoins++
			}
			wasMember[e.User] = true
		}
	}
}

func logOf(t *items) (log []chat.Entry, broken string) {
	p := t.query(span{pk: roomPartition(modelRoom), first: entrySort(1), last: entrySort(maxSeq), limit: 1 << 30})
	for i, it := range p.items {
		e, err := entryOf(it)
		if err != nil {
			return nil, err.Error()
		}
		if e.Seq != chat.Seq(i+1) {
			return nil, fmt.Sprintf("a hole: entry %d stands where %d should", e.Seq, i+1)
		}
		log = append(log, e)
	}
	return log, ""
}

// checkAlone looks at what entries are by themselves: At rises, counts are
// right, and no (author, id) stands twice.
func checkAlone(log []chat.Entry) string {
	type name struct {
		author chat.UserID
		id     chat.EntryID
	}
	seen := map[name]chat.Seq{}
	var counts chat.Counts
	for i := range log {
		e := &log[i]
		if e.Kind == chat.KindPosted {
			counts.Posts++
			if e.All {
				counts.Alls++
			}
		}
		if first := seen[name{e.Author, e.ID}]; first > 0 {
			return fmt.Sprintf("twice: %s of %s is entry %d and %d", e.ID, e.Author, first, e.Seq)
		}
		seen[name{e.Author, e.ID}] = e.Seq
		if e.Counts != counts {
			return fmt.Sprintf("entry %d counts %+v, want %+v", e.Seq, e.Counts, counts)
		}
		if i > 0 && !e.At.After(log[i-1].At) {
			return fmt.Sprintf("At of entry %d does not rise", e.Seq)
		}
	}
	return ""
}

// checkOnce holds every acknowledgement against the log.
func checkOnce(log []chat.Entry, clients []*client) string {
	for _, c := range clients {
		for _, a := range c.acks {
			if int(a.seq) > len(log) || a.seq < 1 {
				return fmt.Sprintf("lost: %s was acknowledged as %d", a.id, a.seq)
			}
			if e := log[a.seq-1]; e.Author != a.author || e.ID != a.id {
				return fmt.Sprintf("lost: %s was acknowledged as %d, where %s stands", a.id, a.seq, e.ID)
			}
		}
	}
	return ""
}

// checkRead holds what clients read against the log: no entry ever changes its
// place or its time.
func checkRead(log []chat.Entry, clients []*client) string {
	for _, c := range clients {
		for _, e := range c.seen {
			if int(e.Seq) > len(log) {
				return fmt.Sprintf("%s read entry %d, which is gone", c.name, e.Seq)
			}
			if now := log[e.Seq-1]; now.ID != e.ID || now.Author != e.Author || !now.At.Equal(e.At) {
				return fmt.Sprintf("%s read %s at %d, where %s stands now", c.name, e.ID, e.Seq, now.ID)
			}
		}
	}
	return ""
}

// checkFold folds the log, asks of each entry whether its author had the right
// to it just before, and compares the table's items with the fold.
func checkFold(t *items, log []chat.Entry) string {
	fold := chat.NewFold()
	for i := range log {
		e := &log[i]
		if broken := checkRight(fold, e); broken != "" {
			return fmt.Sprintf("entry %d, %s by %s: %s", e.Seq, e.Kind, e.Author, broken)
		}
		fold.Apply(e)
		if fold.Room.Owners < 1 {
			return fmt.Sprintf("entry %d leaves the room without an owner", e.Seq)
		}
	}
	return compareFold(t, fold)
}

// leastRole is what one must be to write an entry about somebody or something
// else than oneself or one's own.
var leastRole = map[chat.Kind]chat.Role{
	chat.KindPosted: chat.RoleMember, chat.KindEdited: chat.RoleMember, chat.KindDeleted: chat.RoleMember,
	chat.KindReactionSet: chat.RoleMember, chat.KindReactionRemoved: chat.RoleMember,
	chat.KindPinned: chat.RoleModerator, chat.KindRemoved: chat.RoleModerator,
	chat.KindRoleSet: chat.RoleOwner, chat.KindLeft: chat.RoleReader,
}

func checkRight(fold *chat.Fold, e *chat.Entry) string {
	author := fold.Members[e.Author]
	if author == nil {
		author = &chat.Member{}
	}
	post := fold.Posts[e.Post]
	subject := fold.Members[e.User]
	switch {
	case e.Kind == chat.KindCreated:
	case e.Kind == chat.KindJoined:
		if subject != nil && subject.IsMember() {
			return "joins a room that they are in"
		}
	case !author.Role.AtLeast(leastRole[e.Kind]):
		return fmt.Sprintf("its author is %q", author.Role)
	case e.Post > 0 && post == nil:
		return "there is no such post"
	case e.Post > 0 && post.Deleted > 0:
		return "the post is deleted"
	case e.Kind == chat.KindEdited && post.Author != e.Author:
		return "it is another's post"
	case e.Kind == chat.KindDeleted && post.Author != e.Author && !author.Role.AtLeast(chat.RoleModerator):
		return "it is another's post"
	case e.User != "" && (subject == nil || !subject.IsMember()):
		return "it concerns one who is no member"
	case e.User != "" && subject.Role != e.Was:
		return fmt.Sprintf("it says that %s was %q, who was %q", e.User, e.Was, subject.Role)
	}
	return ""
}

// compareFold compares the items that transactions made with the fold.
func compareFold(t *items, fold *chat.Fold) string {
	var different strings.Builder
	differ := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) { // cmp says more, and takes longer
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				fmt.Fprintf(&different, "%s is not what the log makes of it (-want +got):\n%s", what, diff)
			}
		}
	}
	differ("the room", roomOf(t.at(roomKey(modelRoom))), fold.Room)
	owners, members := 0, 0
	for user, want := range fold.Members {
		differ("member "+string(user), memberOf(t.at(memberKey(modelRoom, user))), *want)
		ofUser := t.at(membershipKey(modelRoom, user))
		differ("whether "+string(user)+" finds the room", ofUser != nil, want.IsMember())
		if ofUser != nil {
			differ("membership of "+string(user), memberOf(ofUser), *want)
			members++
			owners += owns(want.Role)
		}
		var mentions []chat.Mention
		for _, it := range t.query(span{pk: userPartition(user), first: mentionPrefix, last: mentionPrefix + afterAll, limit: 1 << 30}).items {
			mentions = append(mentions, mentionOf(it))
		}
		differ("mentions of "+string(user), mentions, fold.Mentions[user])
		mark := markOf(t.at(markKey(modelRoom, user)))
		differ("that the mark of "+string(user)+" is not above the head", mark.Seq <= fold.Head.Seq, true)
	}
	differ("the count of members", members, fold.Room.Members)
	differ("the count of owners", owners, fold.Room.Owners)
	for seq, want := range fold.Posts {
		got, err := postOf(t.at(entryKey(modelRoom, seq)))
		if err != nil {
			return err.Error()
		}
		differ(fmt.Sprintf("post %d", seq), got, *want)
		if want.Deleted > 0 && hasWords(t, chat.ErasedBy(want)) {
			return fmt.Sprintf("words of the deleted post %d are left", seq)
		}
	}
	return different.String()
}

func hasWords(t *items, seqs []chat.Seq) bool {
	return slices.ContainsFunc(seqs, func(seq chat.Seq) bool {
		return t.at(entryKey(modelRoom, seq)).text("text") != ""
	})
}
