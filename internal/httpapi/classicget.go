package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// classicGet answers with the newest messages of a room that fit, oldest first.
func (h *Handler) classicGet(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	room := query.Get("room_id")
	before, err := parseBefore(query.Get("before"))
	if err != nil {
		return err
	}
	messages, rest, err := h.classicMessages(r.Context(), room, before)
	if err != nil {
		return err
	}
	if rest > 0 {
		older := url.Values{"room_id": {room}, "before": {strconv.FormatInt(int64(rest), 10)}}
		w.Header().Set("Link", "<?"+older.Encode()+`>; rel="next"`)
	}
	return writeJSON(w, messages)
}

func parseBefore(text string) (chat.Seq, error) {
	if text == "" {
		return 0, nil
	}
	before, err := strconv.ParseInt(text, 10, 64)
	if err != nil || before < 1 {
		return 0, chat.Errorf(chat.CodeInvalid, "before must be a post's number")
	}
	return chat.Seq(before), nil
}

const (
	// maxClassicBytes bounds the answer of GET /chat, measured as Lambda sends it: a
	// function's response is at most 6 MB, with the body as a JSON string in it.
	maxClassicBytes = 4 << 20
	// A read beyond maxShortBytes or maxShortPages is long. Anybody may ask for one
	// without signing in, so only maxLongReads run at once.
	maxShortBytes, maxShortPages = 256 << 10, 10
	maxLongReads                 = 4
	// longReadWait is how long a read waits for its turn to be one of them.
	longReadWait = 5 * time.Second
)

// classicMessages reads pages of history, newest first, until the next message
// would not fit; rest is then the post before which the others lie.
func (h *Handler) classicMessages(ctx context.Context, room string, before chat.Seq) (messages []json.RawMessage, rest chat.Seq, err error) {
	read := &classicRead{ctx: ctx, long: h.longReads}
	defer read.release()
	err = h.Service.ClassicHistory(ctx, addressOf(ctx), room, before, read.take)
	return inOrder(read.messages), read.rest, cmp.Or(err, read.failure)
}

// classicRead is one GET /chat that is being answered.
type classicRead struct {
	ctx      context.Context
	messages []json.RawMessage // newest first
	size     int               // bytes, as maxClassicBytes counts them
	pages    int
	rest     chat.Seq
	failure  error

	long   chan struct{} // Handler.longReads
	isLong bool          // this read has put a value into long
}

// take adds a page and reports whether it wants an older one.
func (c *classicRead) take(page chat.History) bool {
	names := wire.NamesOf(page.Names)
	for _, post := range slices.Backward(page.Posts) {
		if post.Deleted > 0 {
			continue
		}
		message, bytes, err := encodeClassic(&post, names)
		if err != nil {
			c.failure = err
			return false
		}
		if c.size+bytes > maxClassicBytes {
			c.rest = post.Seq + 1
			return false
		}
		c.size += bytes
		c.messages = append(c.messages, message)
	}
	c.pages++
	if !c.isLong && page.Before > 0 && (c.size > maxShortBytes || c.pages >= maxShortPages) {
		c.failure = c.acquire()
	}
	return c.failure == nil
}

// acquire waits until the read may be one of the long ones.
func (c *classicRead) acquire() error {
	timeout := time.NewTimer(longReadWait)
	defer timeout.Stop()
	select {
	case c.long <- struct{}{}:
		c.isLong = true
		return nil
	case <-timeout.C:
		return &chat.Error{
			Code: chat.CodeUnavailable, Msg: "too many long rooms are being read: try again", RetryAfter: longReadWait,
		}
	case <-c.ctx.Done():
		return chat.Wrap(c.ctx.Err(), chat.CodeUnavailable, "wait for other reads")
	}
}

func (c *classicRead) release() {
	if c.isLong {
		<-c.long
	}
}

// inOrder reverses the messages, so that the oldest comes first. It never returns
// nil, so that an empty room is encoded as an empty array.
func inOrder(messages []json.RawMessage) []json.RawMessage {
	if messages == nil {
		return []json.RawMessage{}
	}
	slices.Reverse(messages)
	return messages
}

// encodeClassic returns the message and how many bytes it takes, with its comma, in
// a JSON string whose encoder escapes HTML.
func encodeClassic(post *chat.Post, names Names) (json.RawMessage, int, error) {
	message := wire.EncodeClassic(wire.ClassicOf(&post.Entry, names[post.Author]))
	quoted, err := json.Marshal(string(message))
	if err != nil {
		return nil, 0, chat.Wrap(err, chat.CodeInternal, "quote a classic message")
	}
	return message, len(quoted) - len(`""`) + len(`,`), nil
}
