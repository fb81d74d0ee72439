package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// attrSecret holds the bytes of a secret.
const attrSecret = "secret"

// Secret returns what is kept under the name, the same bytes to everybody who
// ever asks. Where there is nothing it keeps what generate returns, unless
// somebody else was first; then it returns theirs. generate is called once at
// most and returns at least one byte. CodeUnavailable when the table cannot be
// reached, CodeInternal when what is kept is no secret: a new one would sign
// everybody out.
//
// Secrets have a partition of their own, so that a role may be kept from them.
func (s *Store) Secret(ctx context.Context, name string, generate func() []byte) ([]byte, error) {
	k := secretKey(name)
	items, err := s.table.get(ctx, k)
	if err != nil {
		return nil, chat.Wrap(err, chat.CodeUnavailable, "secret "+name)
	}
	stands := items[0]
	if stands == nil {
		made := newItem(k)
		made[attrSecret] = &types.AttributeValueMemberB{Value: generate()}
		there, isMade, err := s.change(ctx, change{put: made, only: []condition{nothing}})
		if err != nil {
			return nil, chat.Wrap(err, chat.CodeUnavailable, "make secret "+name)
		}
		if stands = there; isMade {
			stands = made
		}
	}
	secret, ok := stands[attrSecret].(*types.AttributeValueMemberB)
	if !ok || len(secret.Value) == 0 {
		return nil, chat.Errorf(chat.CodeInternal, "the table keeps no secret under %s", name)
	}
	return secret.Value, nil
}
