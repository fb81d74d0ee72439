package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// attrSecret holds the bytes of a secret.
const attrSecret = "secret"

// Secret returns the secret of that name, the same bytes to every caller. If there
// is none it stores what generate returns, unless another caller was first; then it
// returns theirs. generate is called at most once and returns at least one byte.
// CodeUnavailable when the table cannot be reached, CodeInternal when what is
// stored is not a secret: to replace it would sign everybody out.
//
// Secrets have a partition of their own, so that IAM roles can be denied them.
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
