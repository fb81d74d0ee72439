package sqlitestore

import (
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/maru-chat/maru/internal/chat"
)

// roomCheck is the check of one room, with what it has read so far.
type roomCheck struct {
	conn *sqlite.Conn
	key  int64
	id   chat.RoomID
	fold *chat.Fold
	// entries has the seq of each (author, id); posts are as stored.
	entries map[entryName]chat.Seq
	posts   []chat.Post
	// positions are the rows of the posts in the table and the index; indexed is
	// the last row that the index covers.
	positions []int64
	indexed   int64
	// edits are the texts of edited entries by seq.
	edits map[chat.Seq]string
	// isErasing says that the file lists the room as being erased.
	isErasing bool
	// worded is the first entry that holds words, 0 if none does.
	worded chat.Seq
}

type entryName struct {
	author chat.UserID
	id     chat.EntryID
}

func checkRoom(conn *sqlite.Conn, key int64, id chat.RoomID) error {
	c := &roomCheck{
		conn: conn, key: key, id: id, fold: chat.NewFold(),
		entries: map[entryName]chat.Seq{}, edits: map[chat.Seq]string{},
	}
	var err error
	if c.indexed, err = readIndexed(conn); err != nil {
		return err
	}
	erasing, err := readInt(conn, "SELECT count(*) FROM erasing WHERE room = ?", key)
	if err != nil {
		return err
	}
	c.isErasing = erasing > 0
	for _, check := range []func() error{
		c.checkLog, c.checkRoomState, c.checkMembers, c.checkEmptied, c.checkPosts, c.checkStates, c.checkWords,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *roomCheck) broken(seq chat.Seq, format string, args ...any) error {
	return &Break{Room: c.id, Seq: seq, Rule: fmt.Sprintf(format, args...)}
}

// checkLog reads the log once, entry by entry, and folds it.
func (c *roomCheck) checkLog() error {
	err := query(c.conn, "SELECT "+entryColumns+", e.pos FROM entries e WHERE e.room = ? ORDER BY e.seq",
		func(row *sqlite.Stmt) (bool, error) {
			post, err := readPost(row, c.id)
			if err != nil {
				return false, err
			}
			if err := c.checkEntry(&post.Entry); err != nil {
				return false, err
			}
			c.fold.Apply(&post.Entry)
			if c.worded == 0 && post.Text != "" {
				c.worded = post.Seq
			}
			switch post.Kind {
			case chat.KindPosted:
				c.posts = append(c.posts, post)
				c.positions = append(c.positions, row.ColumnInt64(colExtra))
			case chat.KindEdited:
				c.edits[post.Seq] = post.Text
			}
			return true, nil
		}, c.key)
	if err == nil && c.fold.Head.Seq == 0 {
		return c.broken(0, "the log is empty")
	}
	return err
}

func (c *roomCheck) checkEntry(e *chat.Entry) error {
	head := c.fold.Head
	name := entryName{e.Author, e.ID}
	earlier, isTaken := c.entries[name]
	next := head.Next(&chat.Draft{Room: e.Room, Content: e.Content, Now: e.At})
	switch {
	case e.Seq != head.Seq+1:
		return c.broken(e.Seq, "the log has a hole: entry %d is missing", head.Seq+1)
	case !next.At.Equal(e.At):
		return c.broken(e.Seq, "At does not rise")
	case next.Counts != e.Counts:
		return c.broken(e.Seq, "the counts differ from a recount")
	case isTaken:
		return c.broken(e.Seq, "its author and id are those of entry %d", earlier)
	case !slices.Contains(chat.Kinds, e.Kind):
		return c.broken(e.Seq, "its kind is unknown")
	}
	c.entries[name] = e.Seq
	return nil
}

func (c *roomCheck) checkRoomState() error {
	stored, err := readRoomByKey(c.conn, c.key)
	if err != nil {
		return err
	}
	want := &c.fold.Room
	isEqual := slices.Equal(stored.Pins, want.Pins) && stored.CreatedAt.Equal(want.CreatedAt) &&
		stored.Title == want.Title && stored.Visibility == want.Visibility && stored.Topic == want.Topic &&
		stored.Members == want.Members && stored.Owners == want.Owners &&
		stored.IsDeleted == want.IsDeleted && stored.Touched == want.Touched
	if !isEqual {
		return c.broken(0, "the room's state differs from its log")
	}
	return nil
}

func (c *roomCheck) checkMembers() error {
	seen := 0
	err := query(c.conn, "SELECT "+memberColumns+" FROM members m WHERE m.room = ? ORDER BY m.user",
		func(row *sqlite.Stmt) (bool, error) {
			stored := readMemberRow(row, c.id)
			want := c.fold.Members[stored.User]
			if want == nil || stored != *want {
				return false, c.broken(0, "the membership of user %s differs from the log", stored.User)
			}
			seen++
			return true, nil
		}, c.key)
	if err == nil && seen != len(c.fold.Members) {
		return c.broken(0, "%d of %d memberships are missing", len(c.fold.Members)-seen, len(c.fold.Members))
	}
	return err
}

// checkEmptied looks for words in a deleted room, unless they are being erased,
// and for a living room that is about to lose its words.
func (c *roomCheck) checkEmptied() error {
	if c.isErasing && !c.fold.Room.IsDeleted {
		return c.broken(0, "the room is listed to be erased and was not deleted")
	}
	if !c.isErasing && c.fold.Room.IsDeleted && c.worded > 0 {
		return c.broken(c.worded, "words are left though the room was deleted")
	}
	return nil
}

// checkPosts compares posts, edits and reactions with the fold, and looks for
// words where there should be none.
func (c *roomCheck) checkPosts() error {
	if err := readStates(c.conn, c.key, c.posts); err != nil {
		return err
	}
	for i := range c.posts {
		stored := &c.posts[i]
		want := c.fold.Posts[stored.Seq]
		if err := c.checkErased(want, stored); err != nil {
			return err
		}
		switch {
		case stored.Deleted != want.Deleted || !slices.Equal(stored.Edits, want.Edits):
			return c.broken(stored.Seq, "the post's edits or deletion differ from the log")
		case stored.Text != want.Text && !c.isErasing:
			return c.broken(stored.Seq, "the post's text is not that of its last edit")
		case stored.Reacted != want.Reacted || !slices.Equal(stored.Reactions, want.Reactions):
			return c.broken(stored.Seq, "the post's reactions differ from the log")
		}
	}
	return nil
}

// checkErased looks for words that are left in a deleted post and its edits, and
// for words that are missing though neither the post nor the room was deleted.
// What a deleted room may hold is up to checkEmptied.
func (c *roomCheck) checkErased(want, stored *chat.Post) error {
	isDeleted := want.Deleted > 0
	for _, seq := range chat.ErasedBy(want) {
		text := c.edits[seq]
		if seq == stored.Seq {
			text = stored.Text
		}
		switch {
		case isDeleted && text != "":
			return c.broken(seq, "words are left though entry %d deleted them", want.Deleted)
		case !isDeleted && !c.fold.Room.IsDeleted && text == "":
			return c.broken(seq, "words are missing though nothing deleted them")
		}
	}
	return nil
}

// checkStates looks for edits and reactions that belong to no post, and for
// mentions that are not listed.
func (c *roomCheck) checkStates() error {
	edits, reactions := 0, 0
	for _, post := range c.fold.Posts {
		edits += len(post.Edits)
		reactions += len(post.Reactions)
	}
	for table, want := range map[string]int{"edits": edits, "reactions": reactions} {
		n, err := readInt(c.conn, "SELECT count(*) FROM "+table+" WHERE room = ?", c.key)
		if err != nil {
			return err
		}
		if int(n) != want {
			return c.broken(0, "there are %d %s, and %d in the log", n, table, want)
		}
	}
	for user, mentions := range c.fold.Mentions {
		for _, m := range mentions {
			n, err := readInt(c.conn, "SELECT count(*) FROM mentions WHERE user = ? AND at = ? AND room = ? AND seq = ?",
				string(user), m.At.UnixMilli(), string(m.Room), int64(m.Seq))
			if err != nil {
				return err
			}
			if n == 0 {
				return c.broken(m.Seq, "its mention of user %s is not listed", user)
			}
		}
	}
	return nil
}
