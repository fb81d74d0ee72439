package dynamostore

import (
	"context"
	"fmt"
	"maps"

	"github.com/maru-chat/maru/internal/chat"
)

// mentionsOf is the span of a user's mentions, newest first.
func mentionsOf(user chat.UserID) span {
	newest := allOf(userPartition(user), mentionPrefix, "")
	newest.isBackward = true
	return newest
}

// Mentions is chat.Marks's.
func (s *Store) Mentions(ctx context.Context, user chat.UserID, before chat.Mention, limit int) ([]chat.Mention, error) {
	listed := mentionsOf(user)
	listed.limit = limit
	if before != (chat.Mention{}) {
		listed.after = mentionPrefix + mentionSort(before)
	}
	var mentions []chat.Mention
	err := s.each(ctx, listed, func(it item) bool {
		mentions = append(mentions, mentionOf(it))
		return len(mentions) < limit
	})
	return mentions, err
}

const (
	// maxCounted is where CountMentions stops counting a room.
	maxCounted = 100
	// firstMentions is how many of the newest are counted before CountMentions
	// reads how far back the marks reach.
	firstMentions = 100
)

// CountMentions is chat.Marks's. Mentions are sorted by time, and marks hold seqs,
// so it reads from the newest mention back to the time of the oldest mark.
func (s *Store) CountMentions(ctx context.Context, user chat.UserID, after map[chat.RoomID]chat.Seq) (map[chat.RoomID]int, error) {
	counts, open := make(map[chat.RoomID]int, len(after)), maps.Clone(after)
	count := func(it item) (wantsMore bool) {
		m := mentionOf(it)
		mark, isOpen := open[m.Room]
		switch {
		case isOpen && m.Seq > mark:
			counts[m.Room]++
		case isOpen: // the room's earlier ones are not after the mark either
			delete(open, m.Room)
		}
		if counts[m.Room] == maxCounted {
			delete(open, m.Room)
		}
		return len(open) > 0
	}
	if len(open) == 0 {
		return counts, nil
	}
	listed := mentionsOf(user)
	listed.limit = firstMentions
	newest, err := s.table.query(ctx, listed)
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "mentions of "+string(user))
	}
	for _, it := range newest.items {
		if !count(it) {
			return counts, nil
		}
	}
	if !newest.isCut {
		return counts, nil
	}
	listed.after, listed.limit = newest.items[len(newest.items)-1].text(sortKey), noLimit
	if listed.first, err = s.oldestMark(ctx, open); err != nil || listed.first > listed.after {
		return counts, err
	}
	return counts, s.each(ctx, listed, count)
}

// oldestMark returns the sort key that a mention at the time of the oldest mark
// would have: no mention before it is after a mark.
func (s *Store) oldestMark(ctx context.Context, marks map[chat.RoomID]chat.Seq) (string, error) {
	keys := make([]key, 0, len(marks))
	for room, seq := range marks {
		keys = append(keys, entryKey(room, max(seq, 1)))
	}
	entries, err := s.table.get(ctx, keys...)
	if err != nil {
		return "", chat.Wrap(err, chat.CodeUnavailable, "entries at marks")
	}
	first := mentionPrefix + afterAll
	for _, it := range entries {
		first = min(first, fmt.Sprintf(mentionPrefix+"%015d", it.number("at")))
	}
	return first, nil
}
