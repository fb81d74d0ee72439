package chat

import (
	"context"
	"slices"
)

// Send posts a message.
type Send struct {
	Write
	// Text has 1 to MaxText characters.
	Text string
	// ReplyTo is the post that this one answers; 0 for none.
	ReplyTo Seq
	// Mentions are users named in Text, at most MaxMentions; those who are not
	// members are left out.
	Mentions []UserID
	// All says that Text holds @all.
	All bool
}

// Send posts a message and returns once it is durable.
func (s *Service) Send(ctx context.Context, caller UserID, c Send) (Written, error) {
	if err := checkText("text", c.Text, MaxText); err != nil {
		return Written{}, err
	}
	if err := checkMentions(c.Mentions); err != nil {
		return Written{}, err
	}
	if c.ReplyTo < 0 {
		return Written{}, Errorf(CodeInvalid, "reply_to must be a post's number")
	}
	return s.write(ctx, command{
		caller: caller, Write: c.Write,
		content: Content{Kind: KindPosted, Text: c.Text, ReplyTo: c.ReplyTo, All: c.All},
		reads:   reads{others: c.Mentions, post: c.ReplyTo},
		decide: func(v *view, d *Draft) (Seq, error) {
			if err := mustBe(v.author, RoleMember); err != nil {
				return 0, err
			}
			d.Mentions = nil
			for _, m := range v.others {
				if m.IsMember() {
					d.Mentions = append(d.Mentions, m.User)
				}
			}
			return 0, v.postErr
		},
	})
}

func checkMentions(users []UserID) error {
	if len(users) > MaxMentions {
		return Errorf(CodeTooLarge, "a post can mention %d members at most", MaxMentions)
	}
	for i, user := range users {
		if !user.Valid() || slices.Contains(users[:i], user) {
			return Errorf(CodeInvalid, "mentions must be different user ids")
		}
	}
	return nil
}

// Edit replaces the words of one's own post.
type Edit struct {
	Write
	Post Seq
	// Text has 1 to MaxText characters. Mentions count when posted, never when
	// edited.
	Text string
}

// Edit replaces the words of a post. Only its author may, at most MaxEdits times.
func (s *Service) Edit(ctx context.Context, caller UserID, c Edit) (Written, error) {
	if err := checkText("text", c.Text, MaxText); err != nil {
		return Written{}, err
	}
	content := Content{Kind: KindEdited, Post: c.Post, Text: c.Text}
	return s.writeOnPost(ctx, caller, c.Write, content, func(v *view, d *Draft) (Seq, error) {
		d.relyOn(PostThing(c.Post), v.post.Touched())
		switch {
		case v.post.Author != caller:
			return 0, Errorf(CodeForbidden, "only the author may edit a post")
		case v.post.Text == c.Text:
			return v.post.Touched(), nil
		case len(v.post.Edits) >= MaxEdits:
			return 0, Errorf(CodeForbidden, "a post can be edited %d times at most", MaxEdits)
		}
		return 0, nil
	})
}

// Delete erases the words of a post.
type Delete struct {
	Write
	Post Seq
}

// Delete deletes a post and erases it and its edits in the same commit. Authors
// may delete their own posts, moderators any.
func (s *Service) Delete(ctx context.Context, caller UserID, c Delete) (Written, error) {
	content := Content{Kind: KindDeleted, Post: c.Post}
	return s.writeOnPost(ctx, caller, c.Write, content, func(v *view, d *Draft) (Seq, error) {
		d.relyOn(PostThing(c.Post), v.post.Touched())
		if v.post.Author != caller {
			return 0, mustBe(v.author, RoleModerator)
		}
		return 0, nil
	})
}

// React names an emoji that the caller sets on a post or removes from it.
type React struct {
	Write
	Post  Seq
	Emoji string
}

// React sets the caller's reaction.
func (s *Service) React(ctx context.Context, caller UserID, c React) (Written, error) {
	if err := checkEmoji(c.Emoji); err != nil {
		return Written{}, err
	}
	content := Content{Kind: KindReactionSet, Post: c.Post, Emoji: c.Emoji}
	return s.writeOnPost(ctx, caller, c.Write, content, func(v *view, d *Draft) (Seq, error) {
		d.relyOn(PostThing(c.Post), v.post.Touched())
		if held, isSet := v.post.Reaction(caller, c.Emoji); isSet {
			return held.Seq, nil
		}
		return 0, checkRoomForReaction(v.post, c.Emoji)
	})
}

// Unreact removes the caller's reaction.
func (s *Service) Unreact(ctx context.Context, caller UserID, c React) (Written, error) {
	if err := checkEmoji(c.Emoji); err != nil {
		return Written{}, err
	}
	content := Content{Kind: KindReactionRemoved, Post: c.Post, Emoji: c.Emoji}
	return s.writeOnPost(ctx, caller, c.Write, content, func(v *view, d *Draft) (Seq, error) {
		d.relyOn(PostThing(c.Post), v.post.Touched())
		if _, isSet := v.post.Reaction(caller, c.Emoji); !isSet {
			return v.post.Seq, nil // a new post has no reaction
		}
		return 0, nil
	})
}

func checkRoomForReaction(post Post, emoji string) error {
	if len(post.Reactions) >= MaxReactions {
		return Errorf(CodeForbidden, "a post can have %d reactions at most", MaxReactions)
	}
	kinds := map[string]bool{emoji: true}
	for _, r := range post.Reactions {
		kinds[r.Emoji] = true
	}
	if len(kinds) > MaxEmoji {
		return Errorf(CodeForbidden, "a post can have %d kinds of emoji at most", MaxEmoji)
	}
	return nil
}

// writeOnPost writes an entry that concerns a post, by a member who may write. A
// deleted post can be deleted again, which answers with its deletion. For
// everything else it does not exist.
func (s *Service) writeOnPost(ctx context.Context, caller UserID, w Write, content Content,
	decide func(*view, *Draft) (Seq, error),
) (Written, error) {
	if content.Post < 1 {
		return Written{}, Errorf(CodeInvalid, "post must be a post's number")
	}
	return s.write(ctx, command{
		caller: caller, Write: w, content: content, reads: reads{post: content.Post},
		decide: func(v *view, d *Draft) (Seq, error) {
			if err := mustBe(v.author, RoleMember); err != nil {
				return 0, err
			}
			switch {
			case v.postErr != nil:
				return 0, v.postErr
			case v.post.Deleted > 0 && content.Kind == KindDeleted:
				return v.post.Deleted, nil
			case v.post.Deleted > 0:
				return 0, errNoPost
			}
			return decide(v, d)
		},
	})
}
