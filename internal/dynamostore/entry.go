package dynamostore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/record"
)

// entryItem is the item of an entry that is not in the log yet.
func entryItem(e *chat.Entry) item {
	r := record.Of(e)
	it := newItem(entryKey(e.Room, e.Seq))
	it["v"], it["seq"], it["at"] = number(r.Version), number(r.Seq), number(r.At)
	it["room"], it["by"], it["id"], it["kind"] = text(string(r.Room)), text(string(r.Author)), text(string(r.ID)), text(string(r.Kind))
	it.setNumber("posts", r.Posts)
	it.setNumber("alls", r.Alls)
	it.setText("text", r.Text)
	it.setNumber("reply", int64(r.ReplyTo))
	if r.All {
		it["all"] = flag()
	}
	it.setNumber("post", int64(r.Post))
	it.setText("emoji", r.Emoji)
	it.setText("user", string(r.User))
	it.setText("name", r.Name)
	it.setText("role", string(r.Role))
	it.setText("was", string(r.Was))
	it.setText("title", r.Title)
	it.setText("visibility", string(r.Visibility))
	if len(r.Mentions) > 0 {
		it["mentions"] = mentionList(r.Mentions)
	}
	if len(r.Founders) > 0 {
		it["founders"] = founderList(r.Founders)
	}
	if e.Kind == chat.KindPosted {
		it[attrReactions] = emptyMap() // so that a reaction can set one key of it
	}
	return it
}

func mentionList(users []chat.UserID) types.AttributeValue {
	list := &types.AttributeValueMemberL{}
	for _, user := range users {
		list.Value = append(list.Value, text(string(user)))
	}
	return list
}

func founderList(founders []record.Founder) types.AttributeValue {
	list := &types.AttributeValueMemberL{}
	for _, f := range founders {
		fields := item{}
		fields.setText("user", string(f.User))
		fields.setText("name", f.Name)
		fields.setText("role", string(f.Role))
		list.Value = append(list.Value, &types.AttributeValueMemberM{Value: fields})
	}
	return list
}

// entryOf reads an entry from its item; CodeInternal when it is not one.
func entryOf(it item) (chat.Entry, error) {
	r := record.Entry{
		Version: int(it.number("v")),
		Room:    chat.RoomID(it.text("room")), Seq: chat.Seq(it.number("seq")), At: it.number("at"),
		Author: chat.UserID(it.text("by")), ID: chat.EntryID(it.text("id")), Kind: chat.Kind(it.text("kind")),
		Posts: it.number("posts"), Alls: it.number("alls"),
		Text: it.text("text"), ReplyTo: chat.Seq(it.number("reply")), All: it.flag("all"),
		Post: chat.Seq(it.number("post")), Emoji: it.text("emoji"),
		User: chat.UserID(it.text("user")), Name: it.text("name"),
		Role: chat.Role(it.text("role")), Was: chat.Role(it.text("was")),
		Title: it.text("title"), Visibility: chat.Visibility(it.text("visibility")),
	}
	for _, v := range it.list("mentions") {
		r.Mentions = append(r.Mentions, chat.UserID(textOf(v)))
	}
	for _, v := range it.list("founders") {
		if m, ok := v.(*types.AttributeValueMemberM); ok {
			f := item(m.Value)
			r.Founders = append(r.Founders, record.Founder{
				User: chat.UserID(f.text("user")), Name: f.text("name"), Role: chat.Role(f.text("role")),
			})
		}
	}
	e, err := r.Entry()
	if err != nil {
		return chat.Entry{}, chat.Wrap(err, chat.CodeInternal, fmt.Sprintf("item %v", it.key()))
	}
	return e, nil
}

// postOf reads a post with its state; CodeInternal when the item is no post.
func postOf(it item) (chat.Post, error) {
	e, err := entryOf(it)
	if err != nil {
		return chat.Post{}, err
	}
	post := chat.Post{
		Entry: e, Deleted: chat.Seq(it.number(attrDeleted)), Reacted: chat.Seq(it.number(attrReacted)),
	}
	for _, v := range it.list(attrEdits) {
		post.Edits = append(post.Edits, chat.Seq(numberOf(v)))
	}
	for k, v := range it.entries(attrReactions) {
		emoji, user := parseReactionKey(k)
		post.Reactions = append(post.Reactions, chat.Reaction{Emoji: emoji, User: user, Seq: chat.Seq(numberOf(v))})
	}
	slices.SortFunc(post.Reactions, func(a, b chat.Reaction) int { return cmp.Compare(a.Seq, b.Seq) })
	return post, nil
}
