package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// Names are users' names in a room by their ids.
type Names = map[chat.UserID]string

// HistoryPage is a run of a room's posts, oldest first.
type HistoryPage struct {
	Posts  []wire.Post `json:"posts"`
	Cursor wire.Cursor `json:"cursor" doc:"The head of the room, read before the page: apply the entries after it to the posts."`
	Before chat.Seq    `json:"before" doc:"The before of the next older page; 0 when there are no older posts."`
	Names  Names       `json:"names"`
}

// ReactionList is all reactions on a post.
type ReactionList struct {
	Reactions []Reactor `json:"reactions" doc:"In the order in which they were set."`
	Names     Names     `json:"names"`
}

// Reactor is one user's emoji on a post.
type Reactor struct {
	Emoji string      `json:"emoji"`
	User  chat.UserID `json:"user"`
	Seq   chat.Seq    `json:"seq"`
}

// Found is a page of posts that a search found, newest first.
type Found struct {
	Posts []FoundPost           `json:"posts"`
	Names map[chat.RoomID]Names `json:"names" doc:"The names, by room, of the users whom the posts show."`
	Next  string                `json:"next,omitempty" doc:"The before of the next page; absent on the last one. An empty page may have a next."`
	Back  wire.Millis           `json:"back,omitempty" doc:"With next: how far back in time the search has read, in a store that reads posts one by one and stops after a number of them."`
}

// FoundPost is a post with its room.
type FoundPost struct {
	Room chat.RoomID `json:"room"`
	Post wire.Post   `json:"post"`
}

// MentionList is a page of the posts that mention the caller by name, newest first.
type MentionList struct {
	Mentions []Mention `json:"mentions"`
	Next     string    `json:"next,omitempty" doc:"The before of the next page; absent on the last one."`
}

// Mention is one post that mentions the caller by name.
type Mention struct {
	Room chat.RoomID `json:"room"`
	Seq  chat.Seq    `json:"seq"`
	At   wire.Millis `json:"at"`
}

type historyInput struct {
	RoomPath
	Before chat.Seq `query:"before" doc:"Posts before this one; absent for the newest."`
	Limit  int      `query:"limit" default:"50" doc:"1 to 50."`
}

type entriesInput struct {
	RoomPath
	After wire.Cursor `query:"after" doc:"The cursor after which to read; absent for the beginning."`
	Limit int         `query:"limit" default:"200" doc:"1 to 1,000."`
}

type postPath struct {
	RoomPath
	Seq chat.Seq `path:"seq"`
}

type searchInput struct {
	Text   string      `query:"q" required:"true" doc:"Words, 1 to 200 characters; a word matches where a word of a post begins with it."`
	Room   chat.RoomID `query:"room" doc:"The room to search; absent for all rooms of the caller."`
	Before string      `query:"before" maxLength:"2048" doc:"The next of the previous page."`
	Limit  int         `query:"limit" default:"20" doc:"1 to 50."`
}

type markInput struct {
	RoomPath
	Body struct {
		Cursor wire.Cursor `json:"cursor" doc:"The newest entry that the caller has read."`
	}
}

type mentionsInput struct {
	Before string `query:"before" maxLength:"256" doc:"The next of the previous page."`
	Limit  int    `query:"limit" default:"50" doc:"1 to 200."`
}

func (h *Handler) addReading() {
	handle(h, route{method: http.MethodGet, path: "/rooms/{room}/posts", summary: "Read the posts of a room, newest page first"}, h.history)
	handle(h, route{method: http.MethodGet, path: "/rooms/{room}/entries", summary: "Read the log of a room after a cursor"}, h.entries)
	handle(h, route{method: http.MethodGet, path: "/rooms/{room}/posts/{seq}/reactions", summary: "List all reactions on a post"}, h.reactions)
	handle(h, route{method: http.MethodPut, path: "/rooms/{room}/mark", summary: "Mark how far the caller has read"}, h.mark)
	handle(h, route{method: http.MethodGet, path: "/search", summary: "Search posts by their words"}, h.search)
	handle(h, route{method: http.MethodGet, path: "/mentions", summary: "List the posts that mention the caller by name"}, h.mentions)
}

func (h *Handler) history(ctx context.Context, caller chat.UserID, in *historyInput) (HistoryPage, error) {
	found, err := h.Service.History(ctx, caller, in.Room, in.Before, in.Limit)
	page := HistoryPage{
		Posts: make([]wire.Post, 0, len(found.Posts)), Cursor: wire.Cursor(found.Cursor),
		Before: found.Before, Names: wire.NamesOf(found.Names),
	}
	for i := range found.Posts {
		page.Posts = append(page.Posts, wire.PostOf(&found.Posts[i], caller))
	}
	return page, err
}

func (h *Handler) entries(ctx context.Context, caller chat.UserID, in *entriesInput) (wire.EntriesListed, error) {
	found, err := h.Service.Entries(ctx, caller, in.Room, chat.Cursor(in.After), in.Limit)
	page := wire.EntriesListed{
		Room: in.Room, Entries: make([]wire.Entry, 0, len(found.Entries)), Cursor: in.After,
		More: found.More, Names: wire.NamesOf(found.Names),
	}
	for i := range found.Entries {
		page.Entries = append(page.Entries, wire.EntryOf(&found.Entries[i]))
		page.Cursor = wire.Cursor(found.Entries[i].Cursor())
	}
	return page, err
}

func (h *Handler) reactions(ctx context.Context, caller chat.UserID, in *postPath) (ReactionList, error) {
	post, names, err := h.Service.Post(ctx, caller, in.Room, in.Seq)
	list := ReactionList{Reactions: make([]Reactor, 0, len(post.Reactions)), Names: wire.NamesOf(names)}
	for _, r := range post.Reactions {
		list.Reactions = append(list.Reactions, Reactor(r))
	}
	return list, err
}

func (h *Handler) mark(ctx context.Context, caller chat.UserID, in *markInput) (Nothing, error) {
	return Nothing{}, h.Service.MarkRead(ctx, caller, in.Room, chat.Cursor(in.Body.Cursor))
}

func (h *Handler) search(ctx context.Context, caller chat.UserID, in *searchInput) (Found, error) {
	found, err := h.Service.Find(ctx, caller, in.Room, chat.Query{Text: in.Text, Before: in.Before, Limit: in.Limit})
	page := Found{Posts: make([]FoundPost, 0, len(found.Posts)), Names: namesByRoom(found.Names), Next: found.Next}
	if !found.Back.IsZero() {
		page.Back = wire.MillisOf(found.Back)
	}
	for i := range found.Posts {
		page.Posts = append(page.Posts, FoundPost{Room: found.Posts[i].Room, Post: wire.PostOf(&found.Posts[i], caller)})
	}
	return page, err
}

func namesByRoom(members []chat.Member) map[chat.RoomID]Names {
	names := map[chat.RoomID]Names{}
	for _, m := range members {
		if names[m.Room] == nil {
			names[m.Room] = Names{}
		}
		names[m.Room][m.User] = m.Name
	}
	return names
}

func (h *Handler) mentions(ctx context.Context, caller chat.UserID, in *mentionsInput) (MentionList, error) {
	before, err := parsePlace(in.Before)
	if err != nil {
		return MentionList{}, err
	}
	found, next, err := h.Service.Mentions(ctx, caller, before, in.Limit)
	list := MentionList{Mentions: make([]Mention, 0, len(found)), Next: formatPlace(next)}
	for _, m := range found {
		list.Mentions = append(list.Mentions, Mention{Room: m.Room, Seq: m.Seq, At: wire.MillisOf(m.At)})
	}
	return list, err
}

// formatPlace formats the place of a mention as "at.seq.room", "" for none.
func formatPlace(m chat.Mention) string {
	if m == (chat.Mention{}) {
		return ""
	}
	return strconv.FormatInt(m.At.UnixMilli(), 10) + "." + strconv.FormatInt(int64(m.Seq), 10) + "." + string(m.Room)
}

// parsePlace parses what formatPlace returns.
func parsePlace(text string) (chat.Mention, error) {
	if text == "" {
		return chat.Mention{}, nil
	}
	at, rest, _ := strings.Cut(text, ".")
	seq, room, _ := strings.Cut(rest, ".")
	millis, errAt := strconv.ParseInt(at, 10, 64)
	number, errSeq := strconv.ParseInt(seq, 10, 64)
	if errAt != nil || errSeq != nil || !chat.RoomID(room).Valid() {
		return chat.Mention{}, chat.Errorf(chat.CodeInvalid, "before must be the next of another page")
	}
	return chat.Mention{At: wire.Millis(millis).Time(), Seq: chat.Seq(number), Room: chat.RoomID(room)}, nil
}
