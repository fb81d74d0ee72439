package chat

import (
	"context"
	"slices"
	"unicode/utf8"
)

// mayRead returns the room and the caller's membership if the caller may read the
// room: members may, and everybody may read a public room. To all others it says
// that there is no such room.
func (s *Service) mayRead(ctx context.Context, caller UserID, id RoomID) (Room, Member, error) {
	if !id.Valid() {
		return Room{}, Member{}, Errorf(CodeInvalid, "room is not an id")
	}
	var room Room
	var members []Member
	err := s.Together(
		func() (err error) { room, err = s.room(ctx, id); return err },
		func() (err error) { members, err = s.ports.Members.FindMembers(ctx, id, caller); return err },
		func() error { _, err := s.Account(ctx, caller); return err },
	)
	switch {
	case err != nil:
		return Room{}, Member{}, Wrap(err, CodeUnavailable, "room "+string(id))
	case !room.Exists(), !members[0].IsMember() && room.Visibility != Public:
		return Room{}, Member{}, errNoRoom
	}
	return room, members[0], nil
}

// mayPage is mayRead for pages, lists and searches, which count against the rate
// of reads.
func (s *Service) mayPage(ctx context.Context, caller UserID, id RoomID) (Room, Member, error) {
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return Room{}, Member{}, err
	}
	return s.mayRead(ctx, caller, id)
}

// Page is a log page with the memberships of the users in it.
type Page struct {
	LogPage
	Names []Member
}

// Entries returns the entries after the cursor, at most limit (1 to MaxPage).
func (s *Service) Entries(ctx context.Context, caller UserID, room RoomID, after Cursor, limit int) (Page, error) {
	if limit < 1 || limit > MaxPage {
		return Page{}, Errorf(CodeInvalid, "limit must be 1 to %d", MaxPage)
	}
	if _, _, err := s.mayPage(ctx, caller, room); err != nil {
		return Page{}, err
	}
	return s.entries(ctx, room, after, limit)
}

func (s *Service) entries(ctx context.Context, room RoomID, after Cursor, limit int) (Page, error) {
	read, err := s.ports.Log.Read(ctx, room, after, limit)
	if err != nil {
		return Page{}, Wrap(err, CodeUnavailable, "read "+string(room))
	}
	named := make([]UserID, 0, len(read.Entries))
	for i := range read.Entries {
		named = append(named, read.Entries[i].Author)
		named = append(named, MembersOf(&read.Entries[i])...)
	}
	names, err := s.names(ctx, room, named)
	return Page{LogPage: read, Names: names}, err
}

// names returns the memberships of the users, each once.
func (s *Service) names(ctx context.Context, room RoomID, users []UserID) ([]Member, error) {
	slices.Sort(users)
	users = slices.Compact(users)
	if len(users) == 0 {
		return nil, nil
	}
	members, err := s.ports.Members.FindMembers(ctx, room, users...)
	return members, Wrap(err, CodeUnavailable, "names in "+string(room))
}

// History is a page of posts with the memberships of the users whom it shows.
type History struct {
	HistoryPage
	Names []Member
}

// shownReactors is how many users of each emoji a page shows by name.
const shownReactors = 5

// History returns the newest posts before the seq (0: before the end), at most
// limit (1 to MaxHistory).
func (s *Service) History(ctx context.Context, caller UserID, room RoomID, before Seq, limit int) (History, error) {
	if before < 0 || limit < 1 || limit > MaxHistory {
		return History{}, Errorf(CodeInvalid, "before must be a post's number, limit 1 to %d", MaxHistory)
	}
	if _, _, err := s.mayPage(ctx, caller, room); err != nil {
		return History{}, err
	}
	return s.history(ctx, room, before, limit)
}

func (s *Service) history(ctx context.Context, room RoomID, before Seq, limit int) (History, error) {
	page, err := s.ports.Log.History(ctx, room, before, limit)
	if err != nil {
		return History{}, Wrap(err, CodeUnavailable, "history of "+string(room))
	}
	var named []UserID
	for i := range page.Posts {
		named = append(append(named, page.Posts[i].Author), shownBy(&page.Posts[i])...)
	}
	names, err := s.names(ctx, room, named)
	return History{HistoryPage: page, Names: names}, err
}

// shownBy lists the first users of each emoji on the post.
func shownBy(post *Post) []UserID {
	var users []UserID
	shown := map[string]int{}
	for _, r := range post.Reactions {
		if shown[r.Emoji]++; shown[r.Emoji] <= shownReactors {
			users = append(users, r.User)
		}
	}
	return users
}

// Post returns one post with all its reactions and the memberships of its author
// and of those who reacted.
func (s *Service) Post(ctx context.Context, caller UserID, room RoomID, seq Seq) (Post, []Member, error) {
	if _, _, err := s.mayPage(ctx, caller, room); err != nil {
		return Post{}, nil, err
	}
	post, err := s.ports.Rooms.Post(ctx, room, seq)
	if err != nil {
		return Post{}, nil, Wrap(err, CodeUnavailable, "post in "+string(room))
	}
	named := []UserID{post.Author}
	for _, r := range post.Reactions {
		named = append(named, r.User)
	}
	names, err := s.names(ctx, room, named)
	return post, names, err
}

// MemberList returns the members by user id after the id given, at most limit
// (1 to 1,000).
func (s *Service) MemberList(ctx context.Context, caller UserID, room RoomID, after UserID, limit int) ([]Member, error) {
	if limit < 1 || limit > MaxPage {
		return nil, Errorf(CodeInvalid, "limit must be 1 to %d", MaxPage)
	}
	if _, _, err := s.mayPage(ctx, caller, room); err != nil {
		return nil, err
	}
	members, err := s.ports.Members.ListMembers(ctx, room, after, limit)
	return members, Wrap(err, CodeUnavailable, "members of "+string(room))
}

// Finding is a page of found posts with the memberships, in each post's room, of
// the users whom it shows.
type Finding struct {
	Found
	Names []Member
}

// Find finds posts in one room, or in all of the caller's when room is empty.
func (s *Service) Find(ctx context.Context, caller UserID, room RoomID, q Query) (Finding, error) {
	if err := checkQuery(q); err != nil {
		return Finding{}, err
	}
	rooms, err := s.searchable(ctx, caller, room)
	if err != nil || len(rooms) == 0 {
		return Finding{}, err
	}
	q.Rooms = rooms
	found, err := s.ports.Search.Search(ctx, q)
	if err != nil || len(found.Posts) == 0 {
		return Finding{Found: found}, Wrap(err, CodeUnavailable, "search")
	}
	shown := map[RoomID][]UserID{}
	for i := range found.Posts {
		post := &found.Posts[i]
		shown[post.Room] = append(append(shown[post.Room], post.Author), shownBy(post)...)
	}
	names, err := s.namesIn(ctx, shown)
	return Finding{Found: found, Names: names}, err
}

// namesIn returns the memberships of the users in several rooms, each once.
func (s *Service) namesIn(ctx context.Context, users map[RoomID][]UserID) ([]Member, error) {
	found := make([][]Member, len(users))
	var fns []func() error
	for room, shown := range users {
		i := len(fns)
		fns = append(fns, func() (err error) { found[i], err = s.names(ctx, room, shown); return err })
	}
	err := s.Together(fns...)
	return slices.Concat(found...), err
}

func checkQuery(q Query) error {
	if !utf8.ValidString(q.Text) {
		return Errorf(CodeInvalid, "q is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(q.Text); n > MaxQuery || isBlank(q.Text) {
		return Errorf(CodeInvalid, "q must have 1 to %d characters", MaxQuery)
	}
	if q.Limit < 1 || q.Limit > MaxHistory {
		return Errorf(CodeInvalid, "limit must be 1 to %d", MaxHistory)
	}
	return nil
}

// searchable returns the rooms to search: the given one, or all of the caller's
// when it is empty.
func (s *Service) searchable(ctx context.Context, caller UserID, room RoomID) ([]RoomID, error) {
	if room != "" {
		_, _, err := s.mayPage(ctx, caller, room)
		return []RoomID{room}, err
	}
	if err := s.take(ctx, "reads", string(caller), s.Rates.Reads); err != nil {
		return nil, err
	}
	if _, err := s.Account(ctx, caller); err != nil {
		return nil, err
	}
	memberships, err := s.ports.Members.RoomsOf(ctx, caller)
	rooms := make([]RoomID, 0, len(memberships))
	for _, m := range memberships {
		rooms = append(rooms, m.Room)
	}
	return rooms, Wrap(err, CodeUnavailable, "rooms of "+string(caller))
}
