package sqlitestore

import (
	"sync"

	"github.com/maru-chat/maru/internal/chat"
)

// cache remembers rows that readers fetched. A reader that misses reads the file
// and offers what it found. The offer is refused if a commit changed the table
// meanwhile, so that no stale row is kept.
type cache[K comparable, V any] struct {
	mu   sync.RWMutex
	rows map[K]V
	// turn changes before and after each commit that changes the table; it is
	// odd in between.
	turn uint64
}

// maxCached bounds each cache; a full one is emptied, which is rare and cheaper
// than tracking which rows were used last.
const maxCached = 50_000

func (c *cache[K, V]) get(key K) (row V, turn uint64, isKnown bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	row, isKnown = c.rows[key]
	return row, c.turn, isKnown
}

// offer keeps a row that was read from the file after get returned turn.
func (c *cache[K, V]) offer(key K, row V, turn uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn != c.turn || turn%2 == 1 {
		return
	}
	if c.rows == nil || len(c.rows) >= maxCached {
		c.rows = make(map[K]V)
	}
	c.rows[key] = row
}

// hide begins a commit that changes the rows of keys; show ends it.
func (c *cache[K, V]) hide(keys []K) {
	if len(keys) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	for _, key := range keys {
		delete(c.rows, key)
	}
}

func (c *cache[K, V]) show() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn += c.turn % 2
}

// headCache holds the heads of rooms that were written to lately. Only the writer
// changes it. It removes the heads that a commit changes before readers of the
// file can see the commit, so no cached head is older than the file.
type headCache struct {
	mu    sync.RWMutex
	heads map[chat.RoomID]chat.Head
}

func (c *headCache) get(room chat.RoomID) chat.Head {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.heads[room]
}

func (c *headCache) hide(heads []roomHead) {
	if len(heads) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range heads {
		delete(c.heads, h.room)
	}
}

func (c *headCache) put(heads []roomHead) {
	if len(heads) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heads == nil || len(c.heads) >= maxCached {
		c.heads = make(map[chat.RoomID]chat.Head)
	}
	for _, h := range heads {
		c.heads[h.room] = h.head
	}
}
