package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

var walkCases = []logCase{
	{rule: "reads a random room as the fold does", run: walkReads},
	{
		rule:  "makes of a random room what the fold makes",
		needs: []string{"FindRooms", "FindMembers", "Post", "Mentions"}, run: walkMakes,
	},
}

const walkLength = 120

// walk appends random entries as a lively room would have them.
func walk(t testing.TB, s *logTest) *writer {
	t.Helper()
	seed := s.harness.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("LogHarness.Seed: %d", seed)
	k := &walker{writer: newWriter(t, s), chance: rand.New(rand.NewPCG(seed, 0))}
	for range 8 {
		k.people = append(k.people, uniqueUser())
	}
	for range walkLength {
		k.addAs(t, k.people[k.chance.IntN(len(k.people))], k.next())
	}
	return k.writer
}

type walker struct {
	*writer
	people []chat.UserID
	chance *rand.Rand
}

// next draws a random entry that the room's present state allows.
func (k *walker) next() chat.Content {
	fold, _ := replay(k.acked)
	if k.chance.IntN(3) > 0 {
		if c, isPossible := k.nextOfPost(fold); isPossible {
			return c
		}
		return k.nextPost()
	}
	if k.chance.IntN(4) == 0 {
		return []chat.Content{
			topic(fmt.Sprintf("주제 %d", k.cursor.Seq)),
			settings(fmt.Sprintf("이름 %d", k.cursor.Seq), chat.Private),
			settings(fmt.Sprintf("이름 %d", k.cursor.Seq), chat.Public),
		}[k.chance.IntN(3)]
	}
	return k.nextOfMember(fold)
}

func (k *walker) nextPost() chat.Content {
	c := post(fmt.Sprintf("글 %d", k.cursor.Seq))
	c.ReplyTo, c.All = k.cursor.Seq/2, k.chance.IntN(4) == 0
	for _, user := range k.people {
		if k.chance.IntN(6) == 0 {
			c.Mentions = append(c.Mentions, user)
		}
	}
	return c
}

// nextOfPost draws an entry about one of the newest posts.
func (k *walker) nextOfPost(fold *chat.Fold) (chat.Content, bool) {
	posts := slices.Sorted(maps.Keys(fold.Posts))
	if len(posts) == 0 || k.chance.IntN(4) == 0 {
		return chat.Content{}, false
	}
	seq := posts[max(0, len(posts)-1-k.chance.IntN(5))]
	if fold.Posts[seq].Deleted > 0 {
		return chat.Content{}, false
	}
	emoji := unusualEmoji[k.chance.IntN(3)]
	moves := []chat.Content{
		react(seq, emoji), react(seq, emoji), react(seq, emoji), unreact(seq, emoji),
		edit(seq, fmt.Sprintf("고침 %d", k.cursor.Seq)), pin(seq),
	}
	if slices.Contains(fold.Room.Pins, seq) {
		moves[5] = unpin(seq)
	}
	if k.chance.IntN(8) == 0 {
		return deletion(seq), true
	}
	return moves[k.chance.IntN(len(moves))], true
}

// nextOfMember draws an entry about somebody's membership.
func (k *walker) nextOfMember(fold *chat.Fold) chat.Content {
	roles := []chat.Role{chat.RoleReader, chat.RoleMember, chat.RoleModerator, chat.RoleOwner}
	role := roles[k.chance.IntN(len(roles))]
	user := k.people[k.chance.IntN(len(k.people))]
	member := fold.Members[user]
	if member == nil || !member.IsMember() {
		return join(user, fmt.Sprintf("이름 %d", k.cursor.Seq), role)
	}
	return []chat.Content{
		leave(user, member.Role), remove(user, member.Role), setRole(user, role, member.Role),
		setRole(user, role, member.Role), rename(user, fmt.Sprintf("새 이름 %d", k.cursor.Seq)),
	}[k.chance.IntN(5)]
}

func walkReads(t testing.TB, s *logTest) {
	w := walk(t, s)
	_, want := replay(w.acked)
	wantEqual(t, "log", readAll(t, s, w.room, 50), want)
	wantEqual(t, "history", historyOf(t, s, w.room, 7), postsOf(w))
}

func walkMakes(t testing.TB, s *logTest) {
	w := walk(t, s)
	fold, _ := replay(w.acked)
	wantEqual(t, "room", must[[]chat.Room](t, "find rooms")(s.FindRooms(t.Context(), w.room)), []chat.Room{fold.Room})
	for user, member := range fold.Members {
		got := must[[]chat.Member](t, "find members")(s.FindMembers(t.Context(), w.room, user))
		wantEqual(t, "member", got, []chat.Member{*member})
	}
	for user, mentions := range fold.Mentions {
		slices.Reverse(mentions)
		got := must[[]chat.Mention](t, "mentions")(s.Mentions(t.Context(), user, chat.Mention{}, 200))
		wantEqual(t, "mentions", got, mentions)
	}
	for seq, want := range fold.Posts {
		wantEqual(t, "post", must[chat.Post](t, "post")(s.Post(t.Context(), w.room, seq)), *want)
	}
}
