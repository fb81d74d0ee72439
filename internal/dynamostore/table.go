package dynamostore

import (
	"context"
	"errors"
)

// table is what the store needs of DynamoDB. The real client implements it, and
// in the model check a simulated table with faults does. Reads are strongly
// consistent, for each item by itself, unless a span may lag.
type table interface {
	// query reads one page of a partition in the order of the sort keys.
	query(ctx context.Context, s span) (page, error)
	// get reads items in the order of their keys, nil where there is none.
	get(ctx context.Context, keys ...key) ([]item, error)
	// commit puts the slot where no item stands, and makes the changes with it,
	// all or nothing. When the slot is taken it returns the item that stands
	// there. errUndecided: try the same slot again. errUnmet: a change's condition
	// does not hold. On any error but errUndecided nothing was written. An
	// errUndecided write may still happen, also after commit returned.
	commit(ctx context.Context, slot item, changes []change) (taken item, err error)
	// apply makes one change. If its condition does not hold, isMade is false and
	// stands is the item that is there, nil for none. Errors are those of commit.
	apply(ctx context.Context, c change) (stands item, isMade bool, err error)
}

// span is a run of sort keys of one partition, both ends included.
type span struct {
	pk          string
	first, last string
	isBackward  bool
	// after is a sort key within the span behind which the page begins, in its
	// direction; "" for the span's end.
	after string
	// limit bounds the items of the page; a page also ends at 1 MB.
	limit int
	// mayLag lets the page miss what was written within about a second, at half
	// the price.
	mayLag bool
}

// page is what one query found; isCut says that the span may hold more.
type page struct {
	items []item
	isCut bool
}

// errUndecided says that a write may have happened, or was refused for now: try
// the same slot again, never the next.
var errUndecided = errors.New("not known to be written")

// errUnmet says that a condition beside the slot's did not hold.
var errUnmet = errors.New("a condition does not hold")
