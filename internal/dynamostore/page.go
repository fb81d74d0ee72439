package dynamostore

import (
	"context"
	"math"

	"github.com/maru-chat/maru/internal/chat"
)

// each visits the items of a span, page by page, until visit returns false.
func (s *Store) each(ctx context.Context, sp span, visit func(item) (wantsMore bool)) error {
	for {
		p, err := s.table.query(ctx, sp)
		if err != nil {
			return chat.Wrap(err, chat.CodeUnavailable, "list "+sp.first+" of "+sp.pk)
		}
		for _, it := range p.items {
			if !visit(it) {
				return nil
			}
		}
		if !p.isCut || len(p.items) == 0 {
			return nil
		}
		sp.after = p.items[len(p.items)-1].text(sortKey)
	}
}

// noLimit leaves it to DynamoDB where a page ends.
const noLimit = math.MaxInt32

// allOf is the span of every item in the partition whose sort key continues the
// prefix and comes after the rest given.
func allOf(pk, prefix, after string) span {
	return span{pk: pk, first: prefix + after + "\x00", last: prefix + afterAll, limit: noLimit}
}
