package chat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

func TestParseCursor(t *testing.T) {
	t.Parallel()
	legal := map[string]chat.Cursor{
		"0":                     {},
		"1.00000000":            {Seq: 1, Tag: "00000000"},
		"42.9f3a01bc":           {Seq: 42, Tag: "9f3a01bc"},
		"999999999999.ffffffff": {Seq: 999999999999, Tag: "ffffffff"},
	}
	for text, want := range legal {
		got, err := chat.ParseCursor(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseCursor(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "1", "0.", "0.00000000", "01.00000000", "-1.00000000", "+1.00000000", "1.0000000", "1.000000000",
		"1.0000000G", "1.ABCDEF00", "1000000000000.00000000", "1.00000000 ", "1,00000000", "１.00000000", "1.00000000.0",
	} {
		if got, err := chat.ParseCursor(text); chat.CodeOf(err) != chat.CodeInvalid || got != (chat.Cursor{}) {
			t.Errorf("ParseCursor(%q) = %v, %v; want %s", text, got, err, chat.CodeInvalid)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"0", "1.00000000", "42.9f3a01bc", "", "1.", ".", "999999999999.ffffffff", "-1.x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cursor, err := chat.ParseCursor(text)
		if err == nil && cursor.String() != text {
			t.Errorf("ParseCursor(%q).String() = %q", text, cursor.String())
		}
		if err != nil && chat.CodeOf(err) != chat.CodeInvalid {
			t.Errorf("ParseCursor(%q) failed with %v", text, err)
		}
	})
}

func TestTagOf_keepsAuthorAndIDApart(t *testing.T) {
	t.Parallel()
	if a, b := chat.TagOf("ab", "c"), chat.TagOf("a", "bc"); a == b {
		t.Errorf("TagOf(ab, c) = TagOf(a, bc) = %s", a)
	}
	// SHA-256("alice" 0x00 "m1") begins so; a client computes the same.
	if diff := cmp.Diff(chat.Tag("03a88313"), chat.TagOf("alice", "m1")); diff != "" {
		t.Error(diff)
	}
}
