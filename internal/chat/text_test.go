package chat_test

import (
	"strings"
	"testing"

	"github.com/maru-chat/maru/internal/chat"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"a", "김마루", "Zoë", "마 루", "O'Neil-Smith", "Zoe\u0308", "\u1112\u1161\u11ab", "हिन्दी", "점심 같이 먹을 사람 🍜", strings.Repeat("가", chat.MaxName),
	} {
		if err := chat.CheckName("name", name); err != nil {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
	for rule, name := range map[string]string{
		"empty":                  "",
		"too long":               strings.Repeat("가", chat.MaxName+1),
		"blank":                  "   ",
		"leading blank":          " a",
		"trailing blank":         "a\u00a0",
		"newline":                "a\nb",
		"tab":                    "a\tb",
		"null":                   "a\x00",
		"delete":                 "a\x7f",
		"C1 control":             "a\u0085b",
		"zero-width space":       "a\u200bb",
		"zero-width joiner":      "a\u200db",
		"right-to-left override": "a\u202eb",
		"byte order mark":        "\ufeffa",
		"line separator":         "a\u2028b",
		"Hangul filler":          "\u3164",
		"half-width filler":      "a\uffa0",
		"braille blank":          "\u2800",
		"soft hyphen":            "a\u00adb",
		"variation selector":     "a\ufe0f",
		"private use":            "a\ue000",
		"Khmer inherent aq":      "a\u17b4",
		"Khmer inherent aa":      "a\u17b5",
		"one combining mark":     "\u0301",
		"only combining marks":   "\u0301\u20dd\u093e",
		"marks on a blank":       "\u0301 \u0302",
		"not UTF-8":              "a\xff",
	} {
		if err := chat.CheckName("name", name); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("%s: CheckName(%q) = %v, want %s", rule, name, err, chat.CodeInvalid)
		}
	}
}

func TestID_Valid(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"a": true, "0": true, "A-z_9": true, strings.Repeat("x", chat.MaxEntryID): true,
		"": false, "a b": false, "a/b": false, "a#b": false, "가": false, "a\x00": false, "a.b": false,
		strings.Repeat("x", chat.MaxEntryID+1): false,
	} {
		if got := chat.EntryID(id).Valid(); got != want {
			t.Errorf("EntryID(%q).Valid() = %t", id, got)
		}
	}
	if !chat.RoomID(strings.Repeat("x", chat.MaxID)).Valid() || chat.UserID(strings.Repeat("x", chat.MaxID+1)).Valid() {
		t.Errorf("room and user ids are not bounded by %d", chat.MaxID)
	}
}

func TestDirectRoom_isOneForBoth(t *testing.T) {
	t.Parallel()
	ab, ba := chat.DirectRoom("alice", "bob"), chat.DirectRoom("bob", "alice")
	if ab != ba || !ab.IsDirect() || !ab.Valid() {
		t.Errorf("DirectRoom = %q and %q", ab, ba)
	}
	if ab == chat.DirectRoom("alic", "ebob") {
		t.Error("two pairs share a room")
	}
}

func TestClassicRoom(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"1", "lunch", "점심", "a/b#c d", strings.Repeat("x", chat.MaxClassicName)} {
		id, err := chat.ClassicRoom(name)
		if err != nil || !id.Valid() || !id.IsClassic() || chat.ClassicName(string(id)) != name {
			t.Errorf("ClassicRoom(%q) = %q, %v", name, id, err)
		}
	}
	for _, name := range []string{"", "\xff", "a\x00", strings.Repeat("점", chat.MaxClassicName/3+1)} {
		if id, err := chat.ClassicRoom(name); chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("ClassicRoom(%q) = %q, %v; want %s", name, id, err, chat.CodeInvalid)
		}
	}
	if got := chat.ClassicName("0b1c"); got != "0b1c" {
		t.Errorf("ClassicName of another user's id = %q", got)
	}
}
