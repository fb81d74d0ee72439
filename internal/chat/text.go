package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what people write.
const (
	MaxText  = 4000 // Unicode scalar values of a message
	MaxTopic = 250  // Unicode scalar values of a topic
	MaxName  = 40   // characters of a person's or a room's name
	MaxIcon  = 32   // bytes of one emoji, skin tones and joiners included
)

// checkText accepts a message: 1 to longest scalar values of valid UTF-8, not all
// blank, without control characters other than newline and tab.
func checkText(field, text string, longest int) error {
	if !utf8.ValidString(text) {
		return Errorf(CodeInvalid, "%s is not valid UTF-8", field)
	}
	if utf8.RuneCountInString(text) > longest {
		return Errorf(CodeTooLarge, "%s is longer than %d characters", field, longest)
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return Errorf(CodeInvalid, "%s holds a control character", field)
		}
	}
	if isBlank(text) {
		return Errorf(CodeInvalid, "%s is empty", field)
	}
	return nil
}

// CheckName accepts the name of a person or a room: 1 to MaxName characters
// without control or invisible ones, and without blanks at its ends.
func CheckName(field, name string) error { return checkLine(field, name, MaxName) }

func checkLine(field, name string, longest int) error {
	if !utf8.ValidString(name) {
		return Errorf(CodeInvalid, "%s is not valid UTF-8", field)
	}
	if name == "" || utf8.RuneCountInString(name) > longest {
		return Errorf(CodeInvalid, "%s must have 1 to %d characters", field, longest)
	}
	for _, r := range name {
		if unicode.IsControl(r) || isInvisible(r) {
			return Errorf(CodeInvalid, "%s holds a control or invisible character", field)
		}
	}
	if strings.TrimSpace(name) != name {
		return Errorf(CodeInvalid, "%s begins or ends with a blank", field)
	}
	if strings.TrimFunc(name, isMark) == "" {
		return Errorf(CodeInvalid, "%s has nothing that its marks could stand on", field)
	}
	return nil
}

// isMark reports whether r is a combining mark or a blank. A name of these alone
// would look empty, or combine with the text around it.
func isMark(r rune) bool { return unicode.IsMark(r) || unicode.IsSpace(r) }

// isBlank reports whether text would show nothing.
func isBlank(text string) bool {
	for _, r := range text {
		if !unicode.IsSpace(r) && !isInvisible(r) {
			return false
		}
	}
	return true
}

// isInvisible reports whether r is a format character (zero-width, direction
// override), a line or paragraph separator, a surrogate, of private use, a Hangul
// filler, an inherent vowel of Khmer or the braille blank. Two names that differ
// in these alone look the same. The zero-width joiner is among them, so a name
// cannot hold a joined emoji.
func isInvisible(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800', '\u034F', '\u17B4', '\u17B5':
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs, unicode.Variation_Selector)
}

// checkEmoji accepts what looks like one emoji: symbols, with the joiners,
// variation selectors, tags and keycap bases that emoji are built of.
func checkEmoji(emoji string) error {
	if emoji == "" || len(emoji) > MaxIcon || !utf8.ValidString(emoji) {
		return Errorf(CodeInvalid, "emoji must be one emoji of at most %d bytes", MaxIcon)
	}
	hasSymbol := false
	for _, r := range emoji {
		switch {
		case unicode.In(r, unicode.So, unicode.Sk, unicode.Sm, unicode.Me) || r == '‼' || r == '⁉' || r == '〰' || r == '〽':
			hasSymbol = true
		case r == '\u200D', unicode.Is(unicode.Variation_Selector, r), r >= 0xE0020 && r <= 0xE007F:
		case strings.ContainsRune("#*0123456789", r):
		default:
			return Errorf(CodeInvalid, "emoji must be one emoji, not text")
		}
	}
	if !hasSymbol {
		return Errorf(CodeInvalid, "emoji must be one emoji, not text")
	}
	return nil
}
