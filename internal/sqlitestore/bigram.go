package sqlitestore

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A word is a run of letters, digits and their marks, in lower case and in
// NFC; one of Korean, Chinese or Japanese ends where another script begins.
// The index keeps of each post:
//
//   - of a word of another script its beginnings of 3 and 6 letters, as far as
//     it has them: FTS5 could find words by prefix itself, but would collect
//     every post that matches before it gave out the newest;
//   - of a Korean, Chinese or Japanese word every pair of neighbours, because
//     such words are searched for from any of their syllables on, and its
//     first syllable.
//
// Each term begins with the key of the room, so that a search reads nothing of
// other rooms. Terms only propose posts: matches decides on the text itself.

// words splits a text.
func words(text string) []string {
	text = norm.NFC.String(strings.ToLower(text))
	var found []string
	begin, wasCJK := -1, false
	for i, r := range text {
		isPart, isCJK := classify(r)
		if begin >= 0 && (!isPart || isCJK != wasCJK) {
			found = append(found, text[begin:i])
			begin = -1
		}
		if isPart && begin < 0 {
			begin, wasCJK = i, isCJK
		}
	}
	if begin >= 0 {
		found = append(found, text[begin:])
	}
	return found
}

// classify reports whether r is part of a word, and of a Korean, Chinese or
// Japanese one.
func classify(r rune) (isPart, isCJK bool) {
	switch {
	case r < utf8.RuneSelf:
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z', false
	case r >= '가' && r <= '힣':
		return true, true
	case !unicode.In(r, unicode.L, unicode.N, unicode.M):
		return false, false
	default:
		return true, unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana)
	}
}

func isCJKWord(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	_, isCJK := classify(r)
	return isCJK
}

// matches reports whether every wanted word matches one that a text has.
func matches(have, wanted []string) bool {
	for _, want := range wanted {
		if !matchesAny(have, want) {
			return false
		}
	}
	return true
}

func matchesAny(have []string, want string) bool {
	isInfix := isCJKWord(want) && utf8.RuneCountInString(want) > 1
	for _, word := range have {
		if strings.HasPrefix(word, want) || isInfix && strings.Contains(word, want) {
			return true
		}
	}
	return false
}

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
	for _, word := range words(text) {
		if !isCJKWord(word) {
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
		case !isCJKWord(word):
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
