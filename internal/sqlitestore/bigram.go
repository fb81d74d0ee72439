package sqlitestore

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/maru-chat/maru/internal/words"
)

// The index keeps of each word of a post:
//
//   - of one that is not Korean, Chinese or Japanese its beginnings of 3 and 6
//     letters, as far as it has them: FTS5 could find words by prefix itself,
//     but would collect every post that matches before it gave out the newest;
//   - of one that is, every pair of neighbours, because such words are searched
//     for from any of their syllables on, and its first syllable.
//
// Each term begins with the key of the room, so that a search reads nothing of
// other rooms. Terms only propose posts: words.Match decides on the text itself.

// The lengths in letters of the beginnings of words that are indexed.
const (
	shortBeginning = 3
	longBeginning  = 6
)

// terms returns the text that the index is given for a post.
func terms(room int64, text string) string {
	key := roomTerm(room)
	var b strings.Builder
	add := func(term string) {
		b.WriteString(key)
		b.WriteString(term)
		b.WriteByte(' ')
	}
	for _, word := range words.Split(text) {
		if !words.IsCJK(word) {
			addBeginning(word, shortBeginning, add)
			addBeginning(word, longBeginning, add)
			continue
		}
		_, size := utf8.DecodeRuneInString(word)
		add(word[:size])
		eachPair(word, add)
	}
	return b.String()
}

// addBeginning calls add with the first letters of a word that has as many,
// and reports whether it did.
func addBeginning(word string, letters int, add func(string)) bool {
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

// eachPair calls fn for each two neighbouring runes of the word.
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
			if !addBeginning(word, longBeginning, add) {
				addBeginning(word, shortBeginning, add)
			}
		case utf8.RuneCountInString(word) == 1:
			add(word)
		default:
			eachPair(word, add)
		}
	}
	return strings.Join(parts, " AND ")
}
