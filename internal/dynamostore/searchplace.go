package dynamostore

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
)

// froms says where a search goes on in each room that it has not finished: with
// the entries before the seq. As text it is the Next of a page: for each room a
// tag of roomTagLen characters and the seq in base 36, separated by dots; about
// 1 kB for 100 rooms. A first page has nil.
type froms map[string]chat.Seq

// roomTagLen is how many characters of a room's hash identify it: in one of ten
// million searches two of 100 rooms have the same 36 bits, and then some posts of
// one room are missed.
const roomTagLen = 6

func roomTag(room chat.RoomID) string {
	sum := sha256.Sum256([]byte(room))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:roomTagLen]
}

// of returns where the search goes on in the room; 0 when it has finished the room
// or did not begin with it.
func (f froms) of(room chat.RoomID) chat.Seq {
	if f == nil {
		return maxSeq + 1
	}
	return f[roomTag(room)]
}

// String is "" when no room is left.
func (f froms) String() string {
	var parts []string
	for _, tag := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, tag+strconv.FormatInt(int64(f[tag]), 36))
	}
	return strings.Join(parts, ".")
}

func parseFroms(next string) (froms, error) {
	if next == "" {
		return nil, nil
	}
	f := froms{}
	for part := range strings.SplitSeq(next, ".") {
		tag, digits := part[:min(len(part), roomTagLen)], part[min(len(part), roomTagLen):]
		_, tagErr := base64.RawURLEncoding.DecodeString(tag)
		seq, seqErr := strconv.ParseInt(digits, 36, 64)
		if tagErr != nil || seqErr != nil || seq < 2 || chat.Seq(seq) > maxSeq+1 {
			return nil, chat.Errorf(chat.CodeInvalid, "not a place in a search")
		}
		f[tag] = chat.Seq(seq)
	}
	return f, nil
}
