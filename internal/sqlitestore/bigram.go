package sqlitestore

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/words"
)

// For each word of a post the index holds:
//
//   - if it is not Korean, Chinese or Japanese, its prefixes of 3 and 6 letters,
//     if it has as many: FTS5 could search by prefix itself, but would collect
//     all matching posts before it returned the newest;
//   - if it is, its first character and every pair of adjacent characters,
//     because people search for such words from any character on.
//
// Each term begins with the key of the room, so that a search reads nothing of
// other rooms. Terms only propose posts: words.Match decides on the text itself.

// The lengths, in letters, of the prefixes that are indexed.
const (
	shortPrefix = 3
	longPrefix  = 6
)

// terms returns the terms of a post, separated by blanks, as the index takes
// them.
func terms(room int64, text string) string {
	key := roomTerm(room)
	var b strings.Builder
	b.Grow(4 * len(text)) // enough for most texts
	add := func(term string) {
		b.WriteString(key)
		b.WriteString(term)
		b.WriteByte(' ')
	}
	for _, word := range words.Split(text) {
		if !words.IsCJK(word) {
			addPrefix(word, shortPrefix, add)
			addPrefix(word, longPrefix, add)
			continue
		}
		_, size := utf8.DecodeRuneInString(word)
		add(word[:size])
		eachPair(word, add)
	}
	return b.String()
}

// addPrefix calls add with the first letters of the word if it has as many, and
// reports whether it has.
func addPrefix(word string, letters int, add func(string)) bool {
	for end := range word {
		if letters == 0 {
			add(word[:end])
			return true
		}
		letters--
	}
	if letters == 0 {
		add(word)
	}
	return letters == 0
}

func roomTerm(room int64) string { return strconv.FormatInt(room, 36) + ":" }

// eachPair calls fn for each pair of adjacent runes of the word.
func eachPair(word string, fn func(pair string)) {
	previous := -1
	for i, r := range word {
		if previous >= 0 {
			fn(word[previous : i+utf8.RuneLen(r)])
		}
		previous = i
	}
}

// matchExpression returns the FTS5 query that proposes the posts of a room, ""
// when every word is too short for the index. No word holds a quote.
func matchExpression(room int64, wanted []string) string {
	key := roomTerm(room)
	var parts []string
	add := func(term string) { parts = append(parts, `"`+key+term+`"`) }
	for _, word := range wanted {
		switch {
		case !words.IsCJK(word):
			if !addPrefix(word, longPrefix, add) {
				addPrefix(word, shortPrefix, add)
			}
		case utf8.RuneCountInString(word) == 1:
			add(word)
		default:
			eachPair(word, add)
		}
	}
	return strings.Join(parts, " AND ")
}
