package dynamostore

import (
	"context"
	"errors"
)

// table is what the store needs of DynamoDB: the real client stands behind it,
// and in the model check a simulated table that fails in every way it knows.
// Reads are strongly consistent, each item by itself.
type table interface {
	// query reads one page of a partition in the order of the sort keys.
	query(ctx context.Context, s span) (page, error)
	// get reads items in the order of their keys, nil where there is none.
	get(ctx context.Context, keys ...key) ([]item, error)
	// commit puts the slot where no item stands, and makes the changes with it,
	// all or nothing. When the slot is taken it returns the item that stands
	// there. errUndecided: try the same slot again. On any other error nothing
	// was written. An errUndecided write may still happen, also after commit
	// returned.
	commit(ctx context.Context, slot item, changes []change) (taken item, err error)
	// apply makes one change; a condition that does not hold is no error.
	apply(ctx context.Context, c change) error
}

// span is a run of sort keys of one partition, both ends included.
type span struct {
	pk          string
	first, last string
	isBackward  bool
	// limit bounds the items of the page; a page also ends at 1 MB.
	limit int
}

// page is what one query found; isCut says that the span may hold more.
type page struct {
	items []item
	isCut bool
}

// errUndecided says that a write may have happened, or could not be tried: the
// same slot is to be tried again, never the next.
var errUndecided = errors.New("not known to be written")
