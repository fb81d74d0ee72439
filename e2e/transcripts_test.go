package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maru-chat/maru/e2e/serverless"
	"github.com/maru-chat/maru/e2e/transcript"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	homes := map[string]func(*testing.T) transcript.Home{
		"resident":   func(t *testing.T) transcript.Home { return start(t) },
		"serverless": func(t *testing.T) transcript.Home { return startServerless(t, serverless.Options{}) },
	}
	for name, open := range homes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playAll(t, open)
		})
	}
}

// playAll plays every script at one home, and those that need one for
// themselves each at another.
func playAll(t *testing.T, open func(*testing.T) transcript.Home) {
	files, err := filepath.Glob("transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d transcripts: %v", len(files), err)
	}
	shared := open(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script, err := transcript.Parse(file, string(text))
			if err != nil {
				t.Fatal(err)
			}
			home := shared
			if script.NeedsOwn {
				home = open(t)
			}
			if err := script.Run(t.Context(), home); err != nil {
				t.Error(err)
			}
		})
	}
}
