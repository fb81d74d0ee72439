package sqlitestore

import (
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/maru-chat/maru/internal/chat"
)

// applicationID marks the file as Maru's ("maru" in ASCII), so that a file of
// another program is refused and left alone.
const applicationID = 0x6d617275

// migrations lift the schema by one version each; PRAGMA user_version counts
// those that a file has seen. A released one is never changed.
var migrations = []string{version1, version2, version3, version4}

// version1 is the first schema. The columns of entries are named after the
// fields of internal/record, to which a test compares them. Rooms have a small
// key because it stands in every row of every index. pos numbers entries in the
// order of their commits: the table and the search index only grow at their
// ends, which is what keeps an append cheap when many rooms write at once. The
// words of posts up to indexed.pos are in the index; those after it are looked
// at one by one.
const version1 = `
CREATE TABLE rooms (
	key        INTEGER PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	title      TEXT NOT NULL,
	visibility TEXT NOT NULL,
	topic      TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	pins       TEXT NOT NULL,
	members    INTEGER NOT NULL,
	owners     INTEGER NOT NULL,
	is_deleted INTEGER NOT NULL,
	touched    INTEGER NOT NULL
) STRICT;
CREATE INDEX rooms_public ON rooms (id) WHERE visibility = 'public' AND is_deleted = 0;

CREATE TABLE entries (
	pos        INTEGER PRIMARY KEY,
	room       INTEGER NOT NULL,
	seq        INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	"by"       TEXT NOT NULL,
	id         TEXT NOT NULL,
	kind       TEXT NOT NULL,
	posts      INTEGER NOT NULL,
	alls       INTEGER NOT NULL,
	text       TEXT,
	reply      INTEGER,
	mentions   TEXT,
	"all"      INTEGER,
	post       INTEGER,
	emoji      TEXT,
	user       TEXT,
	name       TEXT,
	role       TEXT,
	was        TEXT,
	title      TEXT,
	visibility TEXT,
	founders   TEXT,
	deleted    INTEGER,
	reacted    INTEGER
) STRICT;
CREATE UNIQUE INDEX entries_by_seq ON entries (room, seq);
CREATE UNIQUE INDEX entries_by_id ON entries (room, "by", id);

CREATE TABLE edits (
	room INTEGER NOT NULL,
	post INTEGER NOT NULL,
	seq  INTEGER NOT NULL,
	PRIMARY KEY (room, post, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
	room  INTEGER NOT NULL,
	post  INTEGER NOT NULL,
	emoji TEXT NOT NULL,
	user  TEXT NOT NULL,
	seq   INTEGER NOT NULL,
	PRIMARY KEY (room, post, emoji, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
	room      INTEGER NOT NULL,
	user      TEXT NOT NULL,
	name      TEXT NOT NULL,
	role      TEXT NOT NULL,
	joined_at INTEGER,
	touched   INTEGER NOT NULL,
	named     INTEGER NOT NULL,
	PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user, room) WHERE role <> '';

CREATE TABLE mentions (
	user TEXT NOT NULL,
	at   INTEGER NOT NULL,
	room TEXT NOT NULL,
	seq  INTEGER NOT NULL,
	PRIMARY KEY (user, at, room, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_by_room ON mentions (user, room, seq);

CREATE TABLE marks (
	user  TEXT NOT NULL,
	room  TEXT NOT NULL,
	seq   INTEGER NOT NULL,
	posts INTEGER NOT NULL,
	alls  INTEGER NOT NULL,
	PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
	id            TEXT PRIMARY KEY,
	name          TEXT NOT NULL,
	created_at    INTEGER,
	is_unverified INTEGER NOT NULL,
	is_operator   INTEGER NOT NULL,
	banned_at     INTEGER,
	version       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tickets (
	hash       TEXT PRIMARY KEY,
	kind       TEXT NOT NULL,
	user       TEXT NOT NULL,
	room       TEXT NOT NULL,
	role       TEXT NOT NULL,
	expires_at INTEGER,
	uses_left  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE words USING fts5 (
	terms, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars ':'"
);
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
INSERT INTO words (words, rank) VALUES ('automerge', 8);

CREATE TABLE indexed (
	pos INTEGER NOT NULL
) STRICT;
INSERT INTO indexed (pos) VALUES (0);
`

// version2 records who took a use of a ticket, and finds expired tickets by an
// index.
const version2 = `
ALTER TABLE tickets ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

CREATE TABLE uses (
	ticket TEXT NOT NULL,
	"by"   TEXT NOT NULL,
	PRIMARY KEY (ticket, "by")
) STRICT, WITHOUT ROWID;
`

// version3 lists deleted rooms that still hold words: in the entries with a seq
// above after, or only in the index where after is NULL.
const version3 = `
CREATE TABLE erasing (
	room  INTEGER PRIMARY KEY,
	after INTEGER
) STRICT;
`

// version4 begins the index of names with the id. Where clients make ids that rise
// with time, as the page does, new names fall on the last pages of the index
// however many authors write at once. With the room first, each author had a page
// of their own, which each of their posts wrote again.
const version4 = `
DROP INDEX entries_by_id;
CREATE UNIQUE INDEX entries_by_id ON entries (id, room, "by");
`

// migrate brings the file to the newest schema, each step in a transaction.
func migrate(conn *sqlite.Conn) error {
	version, err := readVersion(conn)
	if err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		script := fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = %d;",
			migrations[version], applicationID, version+1)
		if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
	}
	return nil
}

// readVersion returns how many migrations the file has seen, 0 for an empty
// one. A file of another program or of a newer Maru is refused.
func readVersion(conn *sqlite.Conn) (int, error) {
	app, err := pragmaInt(conn, "application_id")
	if err != nil {
		return 0, err
	}
	version, err := pragmaInt(conn, "user_version")
	if err != nil {
		return 0, err
	}
	tables, err := readInt(conn, "SELECT count(*) FROM sqlite_schema")
	switch {
	case err != nil:
		return 0, err
	case app != applicationID && tables > 0:
		return 0, chat.Errorf(chat.CodeInternal, "the file is a database of another program")
	case int(version) > len(migrations):
		return 0, chat.Errorf(chat.CodeInternal,
			"the file was written by a newer Maru (schema %d, this program knows %d); install that one", version, len(migrations))
	}
	return int(version), nil
}

func pragmaInt(conn *sqlite.Conn, name string) (int64, error) {
	return readInt(conn, "PRAGMA "+name)
}
