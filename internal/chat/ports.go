package chat

import (
	"context"
	"time"
)

// Log is the only way to change a room: everything else that a store keeps of
// rooms, except marks, follows from it.
//
// Every method is safe for concurrent use by many processes. Reads see each
// entry whose Append returned before they began. A store knows no rules: it only
// compares the numbers that a draft carries.
type Log interface {
	// Scan reads what lies after d.Since, strongly consistent: the head, an
	// earlier copy of (d.Author, d.ID) and the entries passed. It returns the
	// zero Scanned and no error when the room does not exist. It fails with
	// CodeStale and the head when Since is not of this log (then with Reset), or
	// when no copy is found and the head is more than MaxScan entries after
	// Since. A store may, but need not, find a copy that stands before Since.
	Scan(ctx context.Context, d *Draft) (Scanned, error)

	// Append makes d durable in the slot after scanned.Head, or in a later one
	// if others were faster, together with its effects: the room, members, the
	// post concerned, mentions, marks (MarksOf; a mark may follow within 3 s)
	// and, for the deletion of a post, the erasure of all its words (ErasedBy).
	// The deletion of a room erases the Text of every entry before it, what
	// Search has of its posts, and the topic; titles and names stay. A store
	// that cannot change so much in one commit may erase the words later. The
	// entry's seq, At and Counts are those of Head.Next. The entry and its
	// effects become visible together, after they are durable.
	//
	// Append returns a copy of (author, id) that it meets with Existed, whatever
	// the copy's content. It fails with
	//
	//   - CodeConflict when an entry of scanned.Passed, or one that it passed
	//     on the way, breaks d.Basis: nothing was written, decide again;
	//   - CodeStale as Scan does;
	//   - CodeNotFound when the room has no log;
	//   - CodeUnavailable when the draft may or may not have been written: it
	//     may be appended again after a new Scan with the same Since.
	//
	// On any other error nothing was written. The store retries a write of
	// unknown outcome while ctx allows. After CodeUnavailable it may still read d
	// and scanned: the caller does not change them.
	//
	// A created entry goes to slot 1 only, and scanned is ignored. If entry 1
	// exists, Append returns it with Existed when the room is direct or entry 1
	// is the draft's own (author, id), and fails with CodeConflict otherwise.
	Append(ctx context.Context, d *Draft, scanned *Scanned) (Appended, error)

	// Read returns the entries after the cursor in order, strongly consistent,
	// at most limit (1 to MaxPage) and at most about 1 MB of them. It fails with
	// CodeStale and Reset when the cursor is not of this log, and with
	// CodeNotFound when the room has no log. A posted entry carries its body as
	// it is now.
	Read(ctx context.Context, room RoomID, after Cursor, limit int) (LogPage, error)

	// History returns the newest posts before the seq (0: before the end) with
	// their state, deleted ones included, oldest first: at most limit (1 to
	// MaxHistory) posts, found in at most MaxPage entries and about 1 MB. It
	// fails with CodeNotFound when the room has no log.
	History(ctx context.Context, room RoomID, before Seq, limit int) (HistoryPage, error)

	// Heads returns the head of each room, strongly consistent, in the order
	// asked, with the zero Head where there is no log.
	Heads(ctx context.Context, rooms []RoomID) ([]Head, error)
}

// Bounds of pages.
const (
	MaxPage    = 1000 // entries of a log page
	MaxHistory = 50   // posts of a history page
)

// LogPage is a run of a room's log.
type LogPage struct {
	// From is the entry at the cursor, nil when the cursor was 0.
	From    *Entry
	Entries []Entry
	// More says that entries follow the last of these.
	More bool
}

// HistoryPage is a run of a room's posts, with their state.
type HistoryPage struct {
	Posts []Post
	// Cursor is the head read before the page: Posts show every entry up to it,
	// and may show later ones.
	Cursor Cursor
	// Before is where the next older page ends; 0 when this one reaches entry 1.
	Before Seq
}

// Rooms reads what logs have made of rooms and posts. Each method sees every
// entry whose Append returned before it began, except Public, which may lag.
type Rooms interface {
	// FindRooms returns the rooms in the order asked, deleted ones included;
	// the zero Room where none was ever created. At most MaxRooms ids.
	FindRooms(ctx context.Context, ids ...RoomID) ([]Room, error)
	// Public lists public rooms that are not deleted, by id, after the id
	// given, at most limit (1 to 100).
	Public(ctx context.Context, after RoomID, limit int) ([]Room, error)
	// Post returns a post with its state, deleted or not. CodeNotFound when
	// there is no posted entry at seq.
	Post(ctx context.Context, room RoomID, seq Seq) (Post, error)
}

// Members reads what logs have made of memberships, strongly consistent.
type Members interface {
	// FindMembers returns the membership of each user in the order asked. A user
	// who never was a member has Room and User set, RoleNone, no name and
	// Touched 0.
	FindMembers(ctx context.Context, room RoomID, users ...UserID) ([]Member, error)
	// ListMembers lists the present members by user id after the id given, at
	// most limit (1 to 1,000).
	ListMembers(ctx context.Context, room RoomID, after UserID, limit int) ([]Member, error)
	// RoomsOf lists the rooms that the user is a member of now, in the order and
	// number of CutRooms; deleted rooms are not among them.
	RoomsOf(ctx context.Context, user UserID) ([]Member, error)
}

// MaxRooms is how many rooms one user may be a member of.
const MaxRooms = 100

// Marks keeps how far each user has read. Marks are the only state of a room that
// is written beside the log.
type Marks interface {
	// Marks returns the user's marks by room.
	Marks(ctx context.Context, user UserID) (map[RoomID]Mark, error)
	// Advance stores the mark and reports that it rose. When one as high is
	// stored already it changes nothing and succeeds. A crash may lose a mark
	// that was stored in the last 3 s.
	Advance(ctx context.Context, user UserID, room RoomID, mark Mark) (rose bool, err error)
	// Mentions lists places that name the user, newest first, in the order of
	// (At, Room, Seq), before the one given (the zero Mention: from the
	// newest), at most limit (1 to 200).
	Mentions(ctx context.Context, user UserID, before Mention, limit int) ([]Mention, error)
	// CountMentions counts for each room in after the mentions of the user after
	// the seq given for it. It may stop at 100.
	CountMentions(ctx context.Context, user UserID, after map[RoomID]Seq) (map[RoomID]int, error)
}

// Accounts keeps users and tickets. Writes are conditional.
type Accounts interface {
	// User returns the user, strongly consistent; the zero User when absent.
	User(ctx context.Context, id UserID) (User, error)
	// SaveUser stores u as version u.Version+1 and returns it, if the stored
	// version is still u.Version (0: absent); CodeConflict otherwise.
	SaveUser(ctx context.Context, u User) (User, error)
	// Ticket returns a ticket, strongly consistent, even if it is used up or
	// expired; CodeNotFound when it is absent.
	Ticket(ctx context.Context, hash string) (Ticket, error)
	// SaveTicket stores t as version t.Version+1, if the stored version is still
	// t.Version (0: absent); CodeConflict otherwise. The store may forget
	// tickets that expired more than TicketGrace before now.
	SaveTicket(ctx context.Context, t Ticket, now time.Time) error
	// UseTicket takes one use of a ticket in the name of by, atomically, and
	// returns the ticket after it, with its version one higher. A name takes at
	// most one use: the same name again succeeds and changes nothing, even when
	// the ticket is used up. CodeNotFound when the ticket is absent, expired
	// (ExpiresAt is not after now) or used up by others. by has at most 256
	// bytes.
	UseTicket(ctx context.Context, hash, by string, now time.Time) (Ticket, error)
}

// Search finds posts by their words.
type Search interface {
	// Search returns posts in the given rooms (1 to MaxRooms) that match every
	// word of the query, newest first by (At, Room, Seq), without deleted ones.
	// A word of the query matches a word of the post that begins with it,
	// whatever the case. A Korean, Chinese or Japanese one of two syllables or
	// more also matches inside a word. Decomposed letters match composed ones. A
	// query without letters or digits finds nothing.
	//
	// The posts of a room that does not answer in time may come with a later
	// page, its newest first: only then is a page not older than the one before.
	// CodeUnavailable when no room was read, CodeInvalid when Before is not a
	// Next.
	Search(ctx context.Context, q Query) (Found, error)
}

// Query is one page of a search.
type Query struct {
	Rooms []RoomID
	// Text is 1 to MaxQuery characters as the person typed them: no operators.
	Text string
	// Before is the Next of the page before; "" for the first page.
	Before string
	// Limit is 1 to MaxHistory.
	Limit int
}

// MaxQuery is how many characters a search may have.
const MaxQuery = 200

// Found is a page of posts that a search found.
type Found struct {
	Posts []Post
	// Next asks for what follows; "" when there is no more. A page may be empty
	// and yet have a Next.
	Next string
	// Back is how far back in time the search has looked. It is set with Next by
	// a store without an index, which ends a page after a number of posts,
	// whether or not they match. It is zero in a store with an index, and when
	// some room was not read.
	Back time.Time
}

// Subscriptions keeps which connections listen to which rooms: memory in the
// resident home, rows in the cloud.
type Subscriptions interface {
	// Subscribe adds the connection to the room's audience, durably enough that
	// an eviction which reads after it sees it. Idempotent.
	Subscribe(ctx context.Context, conn ConnID, user UserID, room RoomID) error
	// Unsubscribe takes it out again. Idempotent.
	Unsubscribe(ctx context.Context, conn ConnID, room RoomID) error
	// Hidden records whether the connection's page is hidden.
	Hidden(ctx context.Context, conn ConnID, isHidden bool) error
	// Disconnect forgets the connection and all its subscriptions. Idempotent.
	Disconnect(ctx context.Context, conn ConnID) error
}

// Audience delivers events to those who listen. Delivery is best effort and never
// fails its caller: readers repair what is lost, and an adapter counts and logs
// its own failures.
type Audience interface {
	// Gather finds who listens to the room, before a draft is appended; it runs
	// beside the reads. On the send path it reads at most 31 rows.
	Gather(ctx context.Context, room RoomID) (Listeners, error)
	// Publish delivers the event to the listeners.
	Publish(ctx context.Context, to Listeners, event Event)
	// Tell delivers the event to every connection of the user.
	Tell(ctx context.Context, user UserID, event Event)
	// Evict takes the user's connections out of the room's audience: no entry
	// after the one at seq reaches them.
	Evict(ctx context.Context, room RoomID, user UserID, seq Seq)
	// Present lists who has a connection in the room now, each user once, those
	// with only hidden pages marked; at most 1,000.
	Present(ctx context.Context, room RoomID) ([]Presence, error)
}

// Listeners is what Gather found. Only the adapter that made it reads Rows.
type Listeners struct {
	Room RoomID
	Rows any
	// Hint is what the draft carries to the store.
	Hint any
}

// Presence is one user who has a connection in a room.
type Presence struct {
	User UserID
	// Conn is one of the user's connections.
	Conn     ConnID
	IsHidden bool
	Since    time.Time
}

// Limiter bounds how often something may happen.
type Limiter interface {
	// Take takes one of the key's tokens. wait is 0 when there was one, and
	// otherwise the time until there is. Take fails with CodeUnavailable when
	// the limiter cannot answer.
	Take(ctx context.Context, key string, rate Rate) (wait time.Duration, err error)
}

// Rate is a token bucket: Burst tokens, one more after each Every. The zero
// Rate has no bound.
type Rate struct {
	Burst int
	Every time.Duration
}
