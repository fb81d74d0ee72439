package dynamostore

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/record"
)

// answered is an error as the SDK makes it of an answer.
func answered(status int, err error) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err,
	}
}

func cancelledBy(codes ...string) error {
	reasons := make([]types.CancellationReason, len(codes))
	for i, code := range codes {
		reasons[i] = types.CancellationReason{Code: aws.String(code)}
		if code == reasonCondition {
			reasons[i].Item = standing
		}
	}
	return answered(400, &types.TransactionCanceledException{CancellationReasons: reasons})
}

var standing = item{"id": text("standing")}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	const taken, undecided, unmet = "taken", "undecided", "unmet"
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no error", nil, ""},
		{"a slot that is taken", answered(400, &types.ConditionalCheckFailedException{Item: standing}), taken},
		{"a taken slot that is not shown", answered(400, &types.ConditionalCheckFailedException{}), undecided},
		{"a put that meets a transaction", answered(400, &types.TransactionConflictException{}), undecided},
		{"throttling", answered(400, &types.ProvisionedThroughputExceededException{}), undecided},
		{"throttling by another name", answered(400, &smithy.GenericAPIError{Code: "ThrottlingException"}), undecided},
		{"a server error", answered(500, &types.InternalServerError{}), undecided},
		{"an unknown server error", answered(503, &smithy.GenericAPIError{Code: "ServiceUnavailable"}), undecided},
		{"a lost connection", errors.New("connection reset"), undecided},
		{"a broken request", answered(400, &smithy.GenericAPIError{Code: "ValidationException"}), "internal"},
		{"a table that is not there", answered(400, &types.ResourceNotFoundException{}), "internal"},
		{"a transaction whose slot is taken", cancelledBy(reasonCondition, reasonNone), taken},
		{"a taken slot before all else", cancelledBy(reasonCondition, "TransactionConflict", "ValidationError"), taken},
		{"a conflict at the slot", cancelledBy("TransactionConflict", reasonNone), undecided},
		{"a conflict elsewhere", cancelledBy(reasonNone, reasonNone, "TransactionConflict"), undecided},
		{"a conflict and no post", cancelledBy(reasonNone, reasonCondition, "TransactionConflict"), undecided},
		{"a throttled transaction", cancelledBy(reasonNone, "ThrottlingError"), undecided},
		{"no post", cancelledBy(reasonNone, reasonCondition), unmet},
		{"a broken action", cancelledBy(reasonNone, "ValidationError"), "internal"},
		{"a transaction without reasons", cancelledBy(), undecided},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stands, err := outcomeOf(tt.err)
			got := string(chat.CodeOf(err))
			switch {
			case stands != nil:
				got = taken
			case errors.Is(err, errUndecided):
				got = undecided
			case errors.Is(err, errUnmet):
				got = unmet
			}
			if got != tt.want {
				t.Errorf("outcome %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

// TestEntryItem_names holds the attributes to the names that package record
// gives the fields.
func TestEntryItem_names(t *testing.T) {
	t.Parallel()
	full := chat.Entry{Room: "room", Seq: 1, Author: "author", ID: "id", Counts: chat.Counts{Posts: 1, Alls: 1}, Content: chat.Content{
		Kind: chat.KindCreated, Text: "t", ReplyTo: 1, Mentions: []chat.UserID{"u"}, All: true, Post: 1, Emoji: "e",
		User: "u", Name: "n", Role: chat.RoleOwner, Was: chat.RoleMember, Title: "t", Visibility: chat.Public,
		Founders: []chat.Founder{{User: "u", Name: "n", Role: chat.RoleOwner}},
	}}
	it := entryItem(&full)
	fields := reflect.TypeFor[record.Entry]()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		if it[name] == nil {
			t.Errorf("no attribute is called %q", name)
		}
	}
	if want := fields.NumField() + 2; len(it) != want {
		t.Errorf("the item has %d attributes, want %d: the fields and the key", len(it), want)
	}
}
