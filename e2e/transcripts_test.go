package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maru-chat/maru/e2e/transcript"
)

func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d transcripts: %v", len(files), err)
	}
	shared := start(t)
	t.Run("resident", func(t *testing.T) {
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
					home = start(t)
				}
				if err := script.Run(t.Context(), home); err != nil {
					t.Error(err)
				}
			})
		}
	})
}
