package auth

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestLoadKey(t *testing.T) {
	t.Parallel()

	t.Run("makes a key that only its owner can read, and finds it again", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "signing.key")
		made, err := LoadKey(path)
		if err != nil || len(made) != KeySize {
			t.Fatalf("LoadKey = %d bytes, %v", len(made), err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file's mode is %v, %v; want 0600", info.Mode(), err)
		}
		found, err := LoadKey(path)
		if err != nil || !bytes.Equal(found, made) {
			t.Errorf("the second LoadKey gives another key, %v", err)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Errorf("files beside the key were left: %v", files)
		}
	})

	t.Run("gives everybody the same key when many start at once", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "signing.key")
		keys := make([][]byte, 8)
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() { keys[i], _ = LoadKey(path) })
		}
		wg.Wait()
		for _, key := range keys {
			if len(key) != KeySize || !bytes.Equal(key, keys[0]) {
				t.Fatalf("got different keys")
			}
		}
	})

	for name, text := range map[string]string{
		"an empty file": "", "half a key": "0011\n", "a long key": string(bytes.Repeat([]byte("a"), 66)), "words": "secret\n",
	} {
		t.Run("refuses and keeps "+name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "signing.key")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadKey(path); err == nil {
				t.Error("LoadKey accepted it")
			}
			if kept, _ := os.ReadFile(path); string(kept) != text {
				t.Errorf("the file now holds %q", kept)
			}
		})
	}

	t.Run("fails where it cannot write", func(t *testing.T) {
		t.Parallel()
		if _, err := LoadKey(filepath.Join(t.TempDir(), "absent", "signing.key")); err == nil {
			t.Error("LoadKey made a key in a folder that does not exist")
		}
	})
}
