package dynamostore

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// items is a table in memory with DynamoDB's conditions and updates. Items are
// never changed in place: a reader may hold one. It is not safe for concurrent
// use; the scheduler of the model check is its only caller.
type items struct {
	partitions map[string]*partition
	// broken is the first thing that happened to the table and never should.
	broken string
}

type partition struct {
	sorts []string // in order
	items map[string]item
}

func newItems() *items { return &items{partitions: map[string]*partition{}} }

func (t *items) at(k key) item {
	if p := t.partitions[k.pk]; p != nil {
		return p.items[k.sk]
	}
	return nil
}

func (t *items) put(it item) {
	k := it.key()
	p := t.partitions[k.pk]
	if p == nil {
		p = &partition{items: map[string]item{}}
		t.partitions[k.pk] = p
	}
	if p.items[k.sk] == nil {
		i, _ := slices.BinarySearch(p.sorts, k.sk)
		p.sorts = slices.Insert(p.sorts, i, k.sk)
	}
	p.items[k.sk] = it
}

func (t *items) erase(k key) {
	p := t.partitions[k.pk]
	if p == nil || p.items[k.sk] == nil {
		return
	}
	i, _ := slices.BinarySearch(p.sorts, k.sk)
	p.sorts = slices.Delete(p.sorts, i, i+1)
	delete(p.items, k.sk)
}

// query reads a span, or its part up to the sort key until.
func (t *items) query(s span) page {
	p := t.partitions[s.pk]
	if p == nil {
		return page{}
	}
	from, _ := slices.BinarySearch(p.sorts, s.first)
	to, isExact := slices.BinarySearch(p.sorts, s.last)
	if isExact {
		to++
	}
	sorts := slices.Clone(p.sorts[from:max(from, to)])
	if s.isBackward {
		slices.Reverse(sorts)
	}
	if s.after != "" {
		sorts = slices.DeleteFunc(sorts, func(sk string) bool { return sk == s.after || s.isBackward == (sk > s.after) })
	}
	found := page{isCut: len(sorts) >= s.limit}
	for _, sk := range sorts[:min(len(sorts), s.limit)] {
		found.items = append(found.items, p.items[sk])
	}
	return found
}

// commit is table.commit without its faults.
func (t *items) commit(slot item, changes []change) (taken item, err error) {
	if old := t.at(slot.key()); old != nil {
		return old, nil
	}
	for i := range changes {
		if !t.allows(&changes[i]) {
			return nil, errUnmet
		}
	}
	seq := chat.Seq(slot.number("seq"))
	before := entryKey(chat.RoomID(slot.text("room")), seq-1)
	if seq > 1 && t.at(before) == nil && t.broken == "" {
		t.broken = "slot " + slot.key().sk + " was written before the one in front of it"
	}
	t.put(slot)
	for i := range changes {
		t.change(&changes[i])
	}
	return nil, nil
}

// apply is table.apply without its faults.
func (t *items) apply(c *change) (stands item, isMade bool) {
	if !t.allows(c) {
		return t.at(c.key), false
	}
	t.change(c)
	return nil, true
}

func (t *items) allows(c *change) bool {
	old := t.at(c.key)
	return !slices.ContainsFunc(c.only, func(only condition) bool { return !only.holds(old) })
}

func (c condition) holds(old item) bool {
	v, isThere := old[c.name]
	if !isThere || c.value == nil {
		return !isThere && (c.value == nil || c.orAbsent)
	}
	order := cmp.Or(cmp.Compare(numberOf(v), numberOf(c.value)), cmp.Compare(textOf(v), textOf(c.value)))
	switch c.is {
	case less:
		return order < 0
	case atMost:
		return order <= 0
	case greater:
		return order > 0
	default:
		return order == 0
	}
}

func (t *items) change(c *change) {
	switch {
	case c.put != nil:
		t.put(c.put)
	case c.isErased:
		t.erase(c.key)
	default:
		it := maps.Clone(t.at(c.key))
		if it == nil {
			it = newItem(c.key)
		}
		for _, cl := range c.clauses {
			it.update(cl)
		}
		t.put(it)
	}
}

func (it item) update(c clause) {
	if c.within != "" {
		it[c.name] = updateWithin(it.entries(c.name), c)
		return
	}
	switch c.verb {
	case verbSet:
		it[c.name] = c.value
	case verbRemove:
		delete(it, c.name)
	case verbAdd:
		it[c.name] = number(it.number(c.name) + numberOf(c.value))
	case verbAppend:
		added := c.value.(*types.AttributeValueMemberL).Value
		it[c.name] = &types.AttributeValueMemberL{Value: slices.Concat(it.list(c.name), added)}
	}
}

func updateWithin(old map[string]types.AttributeValue, c clause) types.AttributeValue {
	entries := maps.Clone(old)
	if c.verb == verbRemove {
		delete(entries, c.within)
	} else {
		entries[c.within] = c.value
	}
	return &types.AttributeValueMemberM{Value: entries}
}
