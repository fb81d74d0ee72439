package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/wire"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, frame := range wire.ServerFrames() {
		t.Run("reads back every field of "+frame.Type(), func(t *testing.T) {
			t.Parallel()
			fill(frame)
			line := wire.Encode(frame)
			got, err := wire.DecodeServer(line)
			if err != nil {
				t.Fatalf("DecodeServer(%s): %v", line, err)
			}
			if diff := cmp.Diff(frame, got); diff != "" {
				t.Errorf("(-sent +read)\n%s", diff)
			}
		})
	}
}

func TestEncodeClient(t *testing.T) {
	t.Parallel()
	for _, frame := range wire.ClientFrames() {
		t.Run("reads back every field of "+frame.Action(), func(t *testing.T) {
			t.Parallel()
			fill(frame)
			line := wire.EncodeClient(frame)
			got, ref, err := wire.DecodeClient(line)
			if err != nil {
				t.Fatalf("DecodeClient(%s): %v", line, err)
			}
			if ref != frame.Reference() {
				t.Errorf("ref = %q, want %q", ref, frame.Reference())
			}
			if diff := cmp.Diff(frame, got); diff != "" {
				t.Errorf("(-sent +read)\n%s", diff)
			}
		})
	}
}
