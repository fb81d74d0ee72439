package session

import (
	"context"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// writeOf names the entry that a frame makes. The service would choose an id in
// place of an empty one, but a client may send again and so must name its entry.
func writeOf(c wire.Change) (chat.Write, error) {
	if c.ID == "" {
		return chat.Write{}, chat.Errorf(chat.CodeInvalid, "id is empty")
	}
	return chat.Write{Room: c.Room, ID: c.ID, Since: chat.Cursor(c.Since)}, nil
}

// written does what all frames that make an entry have in common.
func written(frame wire.ClientFrame, c wire.Change, do func(chat.Write) (chat.Written, error)) ([]wire.ServerFrame, error) {
	w, err := writeOf(c)
	if err != nil {
		return nil, err
	}
	done, err := do(w)
	if err != nil {
		return nil, err
	}
	return acknowledgeEntry(frame, done), nil
}

func (h *Handler) send(ctx context.Context, peer Peer, f *wire.Send) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.Send(ctx, peer.User, chat.Send{
			Write: w, Text: f.Text, ReplyTo: f.ReplyTo, Mentions: f.Mentions, All: f.All,
		})
	})
}

func (h *Handler) edit(ctx context.Context, peer Peer, f *wire.Edit) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.Edit(ctx, peer.User, chat.Edit{Write: w, Post: f.Post, Text: f.Text})
	})
}

func (h *Handler) delete(ctx context.Context, peer Peer, f *wire.Delete) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.Delete(ctx, peer.User, chat.Delete{Write: w, Post: f.Post})
	})
}

func (h *Handler) react(ctx context.Context, peer Peer, f *wire.React) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.React(ctx, peer.User, chat.React{Write: w, Post: f.Post, Emoji: f.Emoji})
	})
}

func (h *Handler) unreact(ctx context.Context, peer Peer, f *wire.Unreact) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.Unreact(ctx, peer.User, chat.React{Write: w, Post: f.Post, Emoji: f.Emoji})
	})
}

func (h *Handler) pin(ctx context.Context, peer Peer, f *wire.Pin) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.Pin(ctx, peer.User, chat.Pin{Write: w, Post: f.Post})
	})
}

func (h *Handler) unpin(ctx context.Context, peer Peer, f *wire.Unpin) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.Unpin(ctx, peer.User, chat.Pin{Write: w, Post: f.Post})
	})
}

func (h *Handler) topic(ctx context.Context, peer Peer, f *wire.Topic) ([]wire.ServerFrame, error) {
	return written(f, f.Change, func(w chat.Write) (chat.Written, error) {
		return h.service.SetTopic(ctx, peer.User, chat.Topic{Write: w, Text: f.Text})
	})
}
