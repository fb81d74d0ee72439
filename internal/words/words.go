// Package words says what a word is, and when a word of a query matches a word of
// a text. It is the same for every store. It is not an index: each store has its
// own way to find the texts to look at.
//
// A word is a run of letters, digits and their marks, in lower case and in NFC. A
// Korean, Chinese or Japanese word also ends where another script begins, because
// such words are written without a blank beside words of other scripts.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Split returns the words of a text in their order.
func Split(text string) []string {
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

// classify reports whether r is part of a word, and whether of a Korean, Chinese
// or Japanese one.
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

// IsCJK reports whether a word that Split returned is Korean, Chinese or Japanese.
func IsCJK(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	_, isCJK := classify(r)
	return isCJK
}

// Match reports whether every wanted word matches one of the words that a text
// has, both as Split returns them. A wanted word matches a word that begins with
// it. A Korean, Chinese or Japanese one of two letters or more also matches inside
// a word.
func Match(have, wanted []string) bool {
	for _, want := range wanted {
		if !matchesAny(have, want) {
			return false
		}
	}
	return true
}

func matchesAny(have []string, want string) bool {
	isInfix := IsCJK(want) && utf8.RuneCountInString(want) > 1
	for _, word := range have {
		if strings.HasPrefix(word, want) || isInfix && strings.Contains(word, want) {
			return true
		}
	}
	return false
}
