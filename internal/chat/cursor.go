package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Seq numbers the entries of a room from 1. 0 is before the first entry.
type Seq int64

// Tag says which entry has a cursor's seq: the first 8 hex digits of
// SHA-256(author, 0x00, id). A restored backup may hold another entry there.
type Tag string

// Cursor is a place in one room's log, just after the entry that has Seq. The
// zero Cursor is before entry 1.
type Cursor struct {
	Seq Seq
	Tag Tag
}

const tagLen = 8

// TagOf returns the tag of the entry that author named id.
func TagOf(author UserID, id EntryID) Tag {
	named := make([]byte, 0, MaxID+1+MaxEntryID) // on the stack: this runs several times per entry
	named = append(named, author...)
	named = append(named, 0)
	named = append(named, id...)
	sum := sha256.Sum256(named)
	var tag [tagLen]byte
	hex.Encode(tag[:], sum[:tagLen/2])
	return Tag(tag[:])
}

// String returns "seq.tag", or "0" for the place before entry 1.
func (c Cursor) String() string {
	if c.Seq == 0 {
		return "0"
	}
	return strconv.FormatInt(int64(c.Seq), 10) + "." + string(c.Tag)
}

// maxCursorDigits bounds a seq to the 12 digits that it has in a store's keys.
const maxCursorDigits = 12

// ParseCursor parses what String returns. It fails with CodeInvalid on anything
// else, leading zeros and signs included.
func ParseCursor(s string) (Cursor, error) {
	if s == "0" {
		return Cursor{}, nil
	}
	digits, tag, _ := strings.Cut(s, ".")
	if !isDecimal(digits) || !isTag(tag) {
		return Cursor{}, Errorf(CodeInvalid, "not a cursor: want \"0\" or \"seq.tag\"")
	}
	seq, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Cursor{}, Errorf(CodeInvalid, "not a cursor: seq out of range")
	}
	return Cursor{Seq: Seq(seq), Tag: Tag(tag)}, nil
}

func isDecimal(s string) bool {
	if s == "" || len(s) > maxCursorDigits || s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

func isTag(s string) bool {
	return len(s) == tagLen && strings.Trim(s, "0123456789abcdef") == ""
}
