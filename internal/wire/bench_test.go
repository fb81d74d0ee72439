package wire_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

func BenchmarkEncode_entry(b *testing.B) {
	e := &chat.Entry{
		Room: "0190d5a2-7c3b-7e44-9a1f-3d2c5b6a7f80", Seq: 1234, At: time.UnixMilli(1772442000000),
		Author: "0190d5a2-7c3b-7e44-9a1f-3d2c5b6a7f81", ID: "0190d5a3-1f2e-7b11-8c55-6d7e8f901234",
		Counts:  chat.Counts{Posts: 1200, Alls: 3},
		Content: chat.Content{Kind: chat.KindPosted, Text: strings.Repeat("점심 먹으러 갈까요? ", 5)},
	}
	b.ReportAllocs()
	for b.Loop() {
		push(e)
	}
}

func BenchmarkDecodeClient(b *testing.B) {
	cursors := make([]string, chat.MaxRooms)
	for i := range cursors {
		cursors[i] = fmt.Sprintf(`"0190d5a2-7c3b-7e44-9a1f-3d2c5b6a7f%02d":"1233.0123abcd"`, i)
	}
	for name, line := range map[string]string{
		"send":      `{"action":"send","ref":"7","room":"0190d5a2-7c3b-7e44-9a1f-3d2c5b6a7f80","id":"0190d5a3-1f2e-7b11-8c55-6d7e8f901234","since":"1233.0123abcd","text":"점심 먹으러 갈까요? 점심 먹으러 갈까요?"}`,
		"heartbeat": `{"action":"heartbeat","ref":"7","cursors":{` + strings.Join(cursors, ",") + `}}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := wire.DecodeClient([]byte(line)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
