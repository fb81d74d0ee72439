package chat

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Classic is a caller of the API that this project began from, in which a request
// names a room and a user and nobody signs in. Anybody may claim any name, so
// classic users are unverified and all rates are those of the address: a
// stranger cannot use up another user's rate, nor escape the limit by claiming
// many names.
type Classic struct {
	Room    string // 1 to MaxClassicName bytes
	User    string // 1 to MaxClassicName bytes
	Name    string // the name to show; User when empty
	Address string
}

// classicEntry is the id of the entries that the service writes for classic
// users, so that each is written once.
const classicEntry EntryID = "classic"

// ClassicSend posts to a classic room, creating and joining it first if
// necessary. It returns the entry and who is connected.
func (s *Service) ClassicSend(ctx context.Context, c Classic, text string) (Entry, []Presence, error) {
	if err := checkText("text", text, MaxText); err != nil {
		return Entry{}, nil, err
	}
	if err := s.takeClassic(ctx, c); err != nil {
		return Entry{}, nil, err
	}
	room, user, err := s.classicJoin(ctx, c, func() error { return nil })
	if err != nil {
		return Entry{}, nil, err
	}
	written, err := s.Send(ctx, user, Send{Write: Write{Room: room}, Text: text})
	if err != nil {
		return Entry{}, nil, err
	}
	present, err := s.ports.Audience.Present(ctx, room)
	return *written.Entry, present, Wrap(err, CodeUnavailable, "presence in "+string(room))
}

// takeClassic charges one write to the address.
func (s *Service) takeClassic(ctx context.Context, c Classic) error {
	return s.take(ctx, "classic", c.Address, s.Rates.Writes)
}

// ClassicJoin makes sure that the user, the room and the membership exist. A call
// costs the address one read, and one write if it has to write.
func (s *Service) ClassicJoin(ctx context.Context, c Classic) (RoomID, UserID, error) {
	if err := s.take(ctx, "reads", c.Address, s.Rates.Reads); err != nil {
		return "", "", err
	}
	return s.classicJoin(ctx, c, func() error { return s.takeClassic(ctx, c) })
}

// classicJoin is ClassicJoin after the read is paid for. It calls mayWrite before
// it writes into a room.
func (s *Service) classicJoin(ctx context.Context, c Classic, mayWrite func() error) (RoomID, UserID, error) {
	room, err := ClassicRoom(c.Room)
	if err != nil {
		return "", "", err
	}
	user, err := s.classicUser(ctx, c)
	if err != nil {
		return "", "", err
	}
	members, err := s.ports.Members.FindMembers(ctx, room, user.ID)
	if err != nil {
		return "", "", Wrap(err, CodeUnavailable, "member of "+string(room))
	}
	m := members[0]
	if m.IsMember() && m.Name == user.Name {
		// An attempt that failed after it joined may not have told the user. That
		// does no harm: a classic connection names its room itself.
		return room, user.ID, nil
	}
	if err := mayWrite(); err != nil {
		return "", "", err
	}
	if m.IsMember() {
		return room, user.ID, s.renameIn(ctx, m)
	}
	return room, user.ID, s.enterClassic(ctx, room, c, user)
}

// enterClassic creates the room with the user in it, or joins it.
func (s *Service) enterClassic(ctx context.Context, room RoomID, c Classic, user User) error {
	w := Write{Room: room, ID: classicEntry}
	_, err := s.create(ctx, user.ID, c.Address, w, func(User) Content {
		return Content{
			Title: shorten(c.Room), Visibility: Public,
			Founders: []Founder{{User: user.ID, Name: user.Name, Role: RoleMember}},
		}
	})
	if err != nil && CodeOf(err) != CodeConflict {
		return err
	}
	_, err = s.Join(ctx, user.ID, Write{Room: room})
	return err
}

// classicUser finds or creates the user, and saves a new name.
func (s *Service) classicUser(ctx context.Context, c Classic) (User, error) {
	id, err := ClassicUser(c.User)
	if err != nil {
		return User{}, err
	}
	if c.Name != "" {
		if err := CheckName("name", c.Name); err != nil {
			return User{}, err
		}
	}
	user, err := s.ports.Accounts.User(ctx, id)
	switch {
	case err != nil:
		return User{}, Wrap(err, CodeUnavailable, "user "+string(id))
	case user.IsBanned():
		return User{}, errBanned
	case user.Version > 0 && (c.Name == "" || c.Name == user.Name):
		return user, nil
	case user.Version > 0:
		return s.changeUser(ctx, id, func(u *User) { u.Name = c.Name })
	}
	if err := s.take(ctx, "sign-ins", c.Address, s.Rates.SignIns); err != nil {
		return User{}, err
	}
	name := c.Name
	if name == "" {
		name = shorten(c.User)
	}
	user, err = s.ports.Accounts.SaveUser(ctx, User{ID: id, Name: name, CreatedAt: s.now(), IsUnverified: true})
	if CodeOf(err) == CodeConflict { // made by another request meanwhile
		user, err = s.ports.Accounts.User(ctx, id)
	}
	return user, Wrap(err, CodeUnavailable, "save user "+string(id))
}

// shorten cuts a line to a valid name.
func shorten(line string) string {
	if utf8.RuneCountInString(line) <= MaxName {
		return line
	}
	return strings.TrimRightFunc(string([]rune(line)[:MaxName]), unicode.IsSpace)
}

// ClassicHistory passes pages of a classic room's posts, with the names of their
// authors, to take: first the newest before the seq (0: before the end), then
// older ones, until take returns false or there are no more. A room that does not
// exist has no page. Everybody may read classic rooms. A call costs the address
// one read, and another one for each further pagesPerRead pages.
func (s *Service) ClassicHistory(ctx context.Context, address, name string, before Seq, take func(History) bool) error {
	room, err := ClassicRoom(name)
	if err != nil {
		return err
	}
	if err := s.take(ctx, "reads", address, s.Rates.Reads); err != nil {
		return err
	}
	found, err := s.room(ctx, room)
	if err != nil || !found.Exists() {
		return err
	}
	for pages := 1; ; pages++ {
		page, err := s.history(ctx, room, before, MaxHistory)
		if err != nil || !take(page) || page.Before == 0 {
			return err
		}
		before = page.Before
		if pages%pagesPerRead > 0 {
			continue
		}
		if err := s.take(ctx, "reads", address, s.Rates.Reads); err != nil {
			return err
		}
	}
}

// pagesPerRead is how many pages of a classic room cost one read. A room of
// 40,000 short posts, about the most that GET /chat returns, costs 16.
const pagesPerRead = 50
