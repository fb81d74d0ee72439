package sqlitestore

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// checkWords compares the index with the posts. Sums of hashes of (term, pos)
// tell whether the two are equal without holding either in memory; only if they
// differ does it look for the difference.
func (c *roomCheck) checkWords() error {
	seed := maphash.MakeSeed()
	var want, have uint64
	for i := range c.posts {
		for _, term := range c.indexedTerms(i) {
			want += maphash.Comparable(seed, indexed{term, c.positions[i]})
		}
	}
	err := c.eachIndexed(func(found indexed) error {
		have += maphash.Comparable(seed, found)
		return nil
	})
	if err != nil || want == have {
		return err
	}
	if err := c.eachIndexed(c.checkIndexed); err != nil {
		return err
	}
	return c.findUnindexed()
}

// indexed is one entry of the search index.
type indexed struct {
	term string
	pos  int64
}

// indexedTerms returns the terms that the index should hold of a post.
func (c *roomCheck) indexedTerms(i int) []string {
	if c.positions[i] > c.indexed {
		return nil
	}
	found := strings.Fields(terms(c.key, c.posts[i].Text))
	slices.Sort(found)
	return slices.Compact(found)
}

func (c *roomCheck) eachIndexed(fn func(indexed) error) error {
	prefix := roomTerm(c.key)
	var last indexed
	return query(c.conn, "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?",
		func(row *sqlite.Stmt) (bool, error) {
			found := indexed{term: row.ColumnText(0), pos: row.ColumnInt64(1)}
			if found == last {
				return true, nil
			}
			last = found
			return true, fn(found)
		}, prefix, afterRoomTerms(prefix))
}

// afterRoomTerms returns the first text that sorts after all terms of a room,
// given their prefix.
func afterRoomTerms(prefix string) string {
	return strings.TrimSuffix(prefix, ":") + ";" // the character after the colon
}

func (c *roomCheck) checkIndexed(found indexed) error {
	i, isPost := slices.BinarySearch(c.positions, found.pos)
	switch {
	case !isPost:
		return c.broken(0, "search knows a word of a post that does not exist")
	case c.posts[i].Deleted > 0:
		return c.broken(c.posts[i].Seq, "search knows a word of a deleted post")
	case !slices.Contains(c.indexedTerms(i), found.term):
		return c.broken(c.posts[i].Seq, "search knows a word that the post does not have")
	}
	return nil
}

// findUnindexed names the first post that search does not find by its words.
func (c *roomCheck) findUnindexed() error {
	for i := range c.posts {
		for _, term := range c.indexedTerms(i) {
			n, err := readInt(c.conn, "SELECT count(*) FROM words WHERE words MATCH ? AND rowid = ?", `"`+term+`"`, c.positions[i])
			if err != nil {
				return err
			}
			if n == 0 {
				return c.broken(c.posts[i].Seq, "search does not know a word of the post")
			}
		}
	}
	return c.broken(0, "the search index differs from the posts")
}

// checkStrayWords looks for indexed words of rooms that do not exist. It reads
// the first term of each room.
func checkStrayWords(conn *sqlite.Conn) error {
	return asOfOneMoment(conn, func() error {
		for from := ""; ; {
			term, err := readTerm(conn, from)
			if err != nil || term == "" {
				return err
			}
			prefix, err := checkTermRoom(conn, term)
			if err != nil {
				return err
			}
			from = afterRoomTerms(prefix)
		}
	})
}

// readTerm returns the first term of the index that does not sort before from,
// "" if there is none.
func readTerm(conn *sqlite.Conn, from string) (term string, err error) {
	err = query(conn, "SELECT term FROM temp.vocabulary WHERE term >= ? ORDER BY term LIMIT 1",
		func(row *sqlite.Stmt) (bool, error) {
			term = row.ColumnText(0)
			return false, nil
		}, from)
	return term, err
}

// checkTermRoom returns the prefix of the terms of the term's room. A Break does
// not quote the term, which may come from a message.
func checkTermRoom(conn *sqlite.Conn, term string) (prefix string, err error) {
	digits, _, _ := strings.Cut(term, ":")
	key, err := strconv.ParseInt(digits, 36, 64)
	if err != nil || !strings.HasPrefix(term, roomTerm(key)) {
		return "", &Break{Rule: "search knows a word without a room"}
	}
	rooms, err := readInt(conn, "SELECT count(*) FROM rooms WHERE key = ?", key)
	if err == nil && rooms == 0 {
		err = &Break{Rule: fmt.Sprintf("search knows a word of room key %d, which does not exist", key)}
	}
	return roomTerm(key), err
}
