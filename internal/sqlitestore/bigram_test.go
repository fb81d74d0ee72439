package sqlitestore

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/words"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	cases := []struct{ rule, text, want string }{
		{"pairs of Korean syllables and the first one", "점심시간", "1:점 1:점심 1:심시 1:시간"},
		{"one syllable alone", "밥", "1:밥"},
		{"beginnings of three and six letters", "Deployment now", "1:dep 1:deploy 1:now"},
		{"nothing of words of two letters", "go to it", ""},
		{"a border between scripts", "Go언어ABC", "1:언 1:언어 1:abc"},
		{"one normal form", "점심", "1:점 1:점심"},
		{"no signs", `"점심"* AND:(x) 🎉`, "1:점 1:점심 1:and"},
	}
	for _, c := range cases {
		t.Run("holds "+c.rule, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, strings.TrimSpace(terms(1, c.text))); diff != "" {
				t.Errorf("terms of %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

// FuzzMatchExpression looks for a post that a query matches and that the index
// would not propose: search would miss it.
func FuzzMatchExpression(f *testing.F) {
	for _, seed := range [][2]string{
		{"점심 먹으러 갑시다", "심"},
		{"점심시간", "심시"},
		{"Deployment", "deploy"},
		{"naïve café", "CAF"},
		{"ㅋㅋㅋ", "ㅋㅋ"},
		{"東京タワー", "京タ"},
		{"İstanbul", "i̇s"},
		{"e\u0301te\u0301", "été"},
		{`a"b*c`, `"b`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, wanted string) {
		wantedWords := words.Split(wanted)
		for _, word := range wantedWords {
			if strings.ContainsAny(word, `" *:`) {
				t.Errorf("the word %q of %q would be read as an operator", word, wanted)
			}
		}
		if !words.Match(words.Split(text), wantedWords) {
			return
		}
		have := strings.Fields(terms(1, text))
		for part := range strings.SplitSeq(matchExpression(1, wantedWords), " AND ") {
			if term := strings.Trim(part, `"`); term != "" && !slices.Contains(have, term) {
				t.Errorf("%q matches %q but is not proposed: no term %q", text, wanted, term)
			}
		}
	})
}
