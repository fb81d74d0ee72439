package dynamostore

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/maru-chat/maru/internal/chat"
)

// refusedCodes are the codes by which DynamoDB refuses a request for now: nothing
// was written, and the same request may succeed later. Conflicts and throttling
// have status 400, as an invalid request has.
var refusedCodes = map[string]bool{
	"TransactionConflictException":           true,
	"TransactionInProgressException":         true,
	"ProvisionedThroughputExceededException": true,
	"ThrottlingException":                    true,
	"RequestLimitExceeded":                   true,
}

// outcomeOf reads what became of a slot from the error of its write: nil, the
// entry that stands there, errUndecided, or an error after which nothing was
// written.
func outcomeOf(err error) (taken item, _ error) {
	if err == nil {
		return nil, nil
	}
	var lost *types.ConditionalCheckFailedException
	if errors.As(err, &lost) {
		return takenBy(lost.Item)
	}
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return outcomeOfReasons(cancelled.CancellationReasons, err)
	}
	if isDefinite(err) {
		return nil, chat.Wrap(err, chat.CodeInternal, "write")
	}
	return nil, fmt.Errorf("%w: %w", errUndecided, err)
}

// takenBy is the outcome when the slot is taken by the item. Without the item the
// slot has to be tried again: only the entry that stands there says how to go on.
func takenBy(it item) (item, error) {
	if len(it) == 0 {
		return nil, fmt.Errorf("%w: DynamoDB did not return the item that stands there", errUndecided)
	}
	return it, nil
}

// Codes of the reasons for which a transaction was cancelled, one per action.
const (
	reasonNone      = "None"
	reasonCondition = "ConditionalCheckFailed"
)

// definiteReasons are those that repeating the transaction would not change.
var definiteReasons = map[string]bool{
	"ValidationError":                 true,
	"ItemCollectionSizeLimitExceeded": true,
}

// outcomeOfReasons reads why a transaction was cancelled, the slot's reason first:
// if the slot is lost, no other reason counts.
func outcomeOfReasons(reasons []types.CancellationReason, err error) (item, error) {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = aws.ToString(r.Code)
	}
	switch {
	case len(codes) == 0:
		return nil, fmt.Errorf("%w: %w", errUndecided, err)
	case codes[0] == reasonCondition:
		return takenBy(reasons[0].Item)
	}
	hasFailedCondition := false
	for _, code := range codes {
		switch {
		case definiteReasons[code]:
			return nil, chat.Wrap(err, chat.CodeInternal, "transact")
		case code == reasonCondition:
			hasFailedCondition = true
		case code != reasonNone && code != "":
			return nil, fmt.Errorf("%w: %w", errUndecided, err)
		}
	}
	if hasFailedCondition {
		return nil, errUnmet
	}
	return nil, fmt.Errorf("%w: %w", errUndecided, err)
}

// isDefinite reports whether DynamoDB refused the request for good. An answer that
// did not come from DynamoDB, or not in full, is not definite.
func isDefinite(err error) bool {
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		return false
	}
	status := response.HTTPStatusCode()
	return status >= 400 && status < 500 && !refusedCodes[api.ErrorCode()]
}
