package wire

import "github.com/maru-chat/maru/internal/chat"

// Statuses maps every code to its HTTP status (RFC 9110, section 15; 429 is of
// RFC 6585), for the API and for sockets that are refused.
var Statuses = map[chat.Code]int{
	chat.CodeInvalid:         400,
	chat.CodeUnauthenticated: 401,
	chat.CodeForbidden:       403,
	chat.CodeNotFound:        404,
	chat.CodeConflict:        409,
	chat.CodeStale:           409,
	chat.CodeTooLarge:        413,
	chat.CodeRateLimited:     429,
	chat.CodeUnavailable:     503,
	chat.CodeInternal:        500,
}
