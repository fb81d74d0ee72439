package words

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, text string
		want       []string
	}{
		{"ends a word at a blank or a punctuation mark", "점심은 짬뽕밥, okay?", []string{"점심은", "짬뽕밥", "okay"}},
		{"splits scripts that are written together", "API서버v2", []string{"api", "서버", "v2"}},
		{"composes what is decomposed", "\u110c\u1165\u11b7 e\u0301", []string{"점", "é"}},
		{"leaves out symbols", "👍 -- 🎉", nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Split(c.text)); diff != "" {
				t.Errorf("words of %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, wanted string
		want         bool
	}{
		{"Deploying today", "deploy tod", true},
		{"Deploying today", "ploying", false},
		{"해물짬뽕", "짬뽕", true},
		{"해물짬뽕", "뽕", false}, // one syllable matches only the beginning of a word
		{"해물짬뽕", "해", true},
		{"해물짬뽕", "짬뽕 저녁", false},
	} {
		if got := Match(Split(c.text), Split(c.wanted)); got != c.want {
			t.Errorf("%q matches %q: %t, want %t", c.wanted, c.text, got, c.want)
		}
	}
}
