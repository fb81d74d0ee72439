package chattest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/maru-chat/maru/internal/chat"
)

// Search implements chat.Search by looking at every post.
func (m *Memory) Search(ctx context.Context, q chat.Query) (chat.Found, error) {
	if err := alive(ctx, "search"); err != nil {
		return chat.Found{}, err
	}
	before, err := parsePlace(q.Before)
	if err != nil {
		return chat.Found{}, err
	}
	wanted := words(q.Text)
	if len(wanted) == 0 {
		return chat.Found{}, nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var hits []*chat.Post
	for _, id := range slices.Compact(slices.Sorted(slices.Values(q.Rooms))) {
		for _, post := range m.room(id).fold.Posts {
			isOlder := q.Before == "" || comparePosts(post, &before) < 0
			if post.Deleted == 0 && isOlder && matches(words(post.Text), wanted) {
				hits = append(hits, post)
			}
		}
	}
	slices.SortFunc(hits, func(a, b *chat.Post) int { return comparePosts(b, a) })
	var found chat.Found
	for _, post := range hits[:min(len(hits), q.Limit)] {
		found.Posts = append(found.Posts, clonePost(post))
	}
	if len(hits) > q.Limit {
		found.Next = formatPlace(hits[q.Limit-1])
	}
	return found, nil
}

func comparePosts(a, b *chat.Post) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Room, b.Room), cmp.Compare(a.Seq, b.Seq))
}

// formatPlace names a post's place in the order of a search; no id holds a blank.
func formatPlace(p *chat.Post) string {
	return fmt.Sprintf("%d %s %d", p.At.UnixMilli(), p.Room, p.Seq)
}

func parsePlace(s string) (chat.Post, error) {
	var at int64
	var place chat.Post
	_, err := fmt.Sscanf(s, "%d %s %d", &at, &place.Room, &place.Seq)
	if s != "" && err != nil {
		return chat.Post{}, chat.Errorf(chat.CodeInvalid, "not a place in a search")
	}
	place.At = time.UnixMilli(at)
	return place, nil
}

// words splits a text into runs of letters and digits, and those where Korean,
// Chinese or Japanese meets another script, in one case and one normal form.
func words(text string) []string {
	var out []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	wasCJK := false
	for _, r := range norm.NFC.String(strings.ToLower(text)) {
		switch {
		case !unicode.In(r, unicode.L, unicode.N, unicode.M):
			end()
			continue
		case isCJK(r) != wasCJK:
			end()
		}
		wasCJK = isCJK(r)
		word.WriteRune(r)
	}
	end()
	return out
}

func isCJK(r rune) bool {
	return unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func matches(have, wanted []string) bool {
	for _, want := range wanted {
		if !slices.ContainsFunc(have, func(word string) bool { return matchesWord(word, want) }) {
			return false
		}
	}
	return true
}

func matchesWord(word, want string) bool {
	first, runes := []rune(want)[0], []rune(want)
	if isCJK(first) && len(runes) > 1 {
		return strings.Contains(word, want)
	}
	return strings.HasPrefix(word, want)
}
