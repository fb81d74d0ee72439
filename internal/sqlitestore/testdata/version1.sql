-- A file of the first schema, as the Maru of that time left it when it was
-- killed: a living room, a deleted one, and one whose last post waits to be
-- indexed. What begins with words_ is the search index as FTS5 wrote it. It was
-- dumped once and is never changed.

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
CREATE TABLE indexed (
	pos INTEGER NOT NULL
) STRICT;
INSERT INTO rooms VALUES (1, 'r-one', '마루', 'public', '밥', 1772355601000, '3', 2, 1, 0, 13);
INSERT INTO rooms VALUES (2, 'r-two', '마루', 'public', '', 1772355601000, '', 1, 1, 1, 5);
INSERT INTO rooms VALUES (3, 'r-three', '마루', 'public', '', 1772355601000, '', 1, 1, 0, 1);
INSERT INTO entries VALUES (1, 1, 1, 1772355601000, 'u-owner', 'e1', 'created', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '마루', 'public', '[{"User":"u-owner","Name":"주인","Role":"owner"}]', NULL, NULL);
INSERT INTO entries VALUES (2, 1, 2, 1772355602000, 'u-owner', 'e2', 'joined', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 'u-guest', '손님', 'member', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (3, 1, 3, 1772355603000, 'u-owner', 'e3', 'posted', 1, 1, '짜장면 noodles', NULL, 'u-guest', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 8);
INSERT INTO entries VALUES (4, 1, 4, 1772355604000, 'u-owner', 'e4', 'edited', 1, 1, '짬뽕 noodles', NULL, NULL, NULL, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (5, 1, 5, 1772355605000, 'u-owner', 'e5', 'edited', 1, 1, '짜장면 noodles', NULL, NULL, NULL, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (6, 1, 6, 1772355606000, 'u-owner', 'e6', 'reaction_set', 1, 1, NULL, NULL, NULL, NULL, 3, '👍', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (7, 1, 7, 1772355607000, 'u-owner', 'e7', 'reaction_set', 1, 1, NULL, NULL, NULL, NULL, 3, '🎉', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (8, 1, 8, 1772355608000, 'u-owner', 'e8', 'reaction_removed', 1, 1, NULL, NULL, NULL, NULL, 3, '🎉', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (9, 1, 9, 1772355609000, 'u-owner', 'e9', 'posted', 2, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 11, NULL);
INSERT INTO entries VALUES (10, 1, 10, 1772355610000, 'u-owner', 'e10', 'edited', 2, 1, NULL, NULL, NULL, NULL, 9, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (11, 1, 11, 1772355611000, 'u-owner', 'e11', 'deleted', 2, 1, NULL, NULL, NULL, NULL, 9, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (12, 1, 12, 1772355612000, 'u-owner', 'e12', 'pinned', 2, 1, NULL, NULL, NULL, NULL, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (13, 1, 13, 1772355613000, 'u-owner', 'e13', 'topic_set', 2, 1, '밥', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (14, 1, 14, 1772355614000, 'u-owner', 'e14', 'posted', 3, 1, '다음 next', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (15, 2, 1, 1772355601000, 'u-owner', 'e1', 'created', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '마루', 'public', '[{"User":"u-owner","Name":"주인","Role":"owner"}]', NULL, NULL);
INSERT INTO entries VALUES (16, 2, 2, 1772355602000, 'u-owner', 'e2', 'posted', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (17, 2, 3, 1772355603000, 'u-owner', 'e3', 'edited', 1, 0, NULL, NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (18, 2, 4, 1772355604000, 'u-owner', 'e4', 'topic_set', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (19, 2, 5, 1772355605000, 'u-owner', 'e5', 'room_deleted', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (20, 3, 1, 1772355601000, 'u-owner', 'e1', 'created', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '마루', 'public', '[{"User":"u-owner","Name":"주인","Role":"owner"}]', NULL, NULL);
INSERT INTO entries VALUES (21, 3, 2, 1772355602000, 'u-owner', 'e2', 'posted', 1, 0, '저녁 dinner', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (22, 3, 3, 1772355603000, 'u-owner', 'e3', 'posted', 2, 0, '야식 snack', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO entries VALUES (23, 3, 4, 1772355604000, 'u-owner', 'e4', 'posted', 3, 0, '우유 milk', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO edits VALUES (1, 3, 4);
INSERT INTO edits VALUES (1, 3, 5);
INSERT INTO edits VALUES (1, 9, 10);
INSERT INTO edits VALUES (2, 2, 3);
INSERT INTO reactions VALUES (1, 3, '👍', 'u-owner', 6);
INSERT INTO members VALUES (1, 'u-guest', '손님', 'member', 1772355602000, 2, 2);
INSERT INTO members VALUES (1, 'u-owner', '주인', 'owner', 1772355601000, 1, 1);
INSERT INTO members VALUES (2, 'u-owner', '주인', 'owner', 1772355601000, 1, 1);
INSERT INTO members VALUES (3, 'u-owner', '주인', 'owner', 1772355601000, 1, 1);
INSERT INTO mentions VALUES ('u-guest', 1772355603000, 'r-one', 3);
INSERT INTO marks VALUES ('u-guest', 'r-one', 2, 0, 0);
INSERT INTO marks VALUES ('u-owner', 'r-one', 14, 3, 1);
INSERT INTO marks VALUES ('u-owner', 'r-three', 2, 1, 0);
INSERT INTO marks VALUES ('u-owner', 'r-two', 2, 1, 0);
INSERT INTO users VALUES ('u-owner', '주인', 1772352000000000, 0, 0, NULL, 1);
DELETE FROM words_data;
INSERT INTO words_data VALUES (1, X'040F');
INSERT INTO words_data VALUES (10, X'000000020103030003010101020101030101');
INSERT INTO words_data VALUES (137438953473, X'000000370630313A6E65780E04026F6F030603646C65030303EB8BA40E0603EC9D8C0E0306EC9EA5EBA9B4030402A79C030603EC9EA5030408050606060905');
INSERT INTO words_data VALUES (274877906945, X'0000001E0630333A64696E1506036E6572150303ECA080150603EB85811504080606');
INSERT INTO words_data VALUES (412316860417, X'000000180630333A736E61160303EC95BC160603EC8B9D16040806');
DELETE FROM words_idx;
INSERT INTO words_idx VALUES (1, X'', 2);
INSERT INTO words_idx VALUES (2, X'', 2);
INSERT INTO words_idx VALUES (3, X'', 2);
DELETE FROM words_config;
INSERT INTO words_config VALUES ('automerge', 8);
INSERT INTO words_config VALUES ('secure-delete', 1);
INSERT INTO words_config VALUES ('version', 4);
INSERT INTO indexed VALUES (22);
PRAGMA application_id = 1835102837;
PRAGMA user_version = 1;
