package chat

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// RoomID names a room: 1 to MaxID of [A-Za-z0-9_-]. Clients choose UUIDs; ids
// that begin with "d-" (direct) and "c-" (classic) are made by the server.
type RoomID string

// UserID names a user and never changes: 1 to MaxID of [A-Za-z0-9_-]. Ids that
// begin with "c-" belong to unverified classic users.
type UserID string

// EntryID is chosen by the author and unique among that author's entries in a
// room: 1 to MaxEntryID of [A-Za-z0-9_-].
type EntryID string

// ConnID names one open connection. It is opaque to the domain.
type ConnID string

// Bounds of ids, in bytes.
const (
	MaxID      = 128
	MaxEntryID = 64
)

const (
	directPrefix  = "d-"
	classicPrefix = "c-"
)

func validID(id string, longest int) bool {
	if id == "" || len(id) > longest {
		return false
	}
	for i := range len(id) {
		c := id[i]
		isLetter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !isLetter && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// Valid reports whether id may name a room.
func (id RoomID) Valid() bool { return validID(string(id), MaxID) }

// IsDirect reports whether id is of a room of two people.
func (id RoomID) IsDirect() bool { return strings.HasPrefix(string(id), directPrefix) }

// IsClassic reports whether id is of a room of the classic API.
func (id RoomID) IsClassic() bool { return strings.HasPrefix(string(id), classicPrefix) }

// Valid reports whether id may name a user.
func (id UserID) Valid() bool { return validID(string(id), MaxID) }

// IsClassic reports whether id is of an unverified user of the classic API.
func (id UserID) IsClassic() bool { return strings.HasPrefix(string(id), classicPrefix) }

// Valid reports whether id may name an entry.
func (id EntryID) Valid() bool { return validID(string(id), MaxEntryID) }

// DirectRoom returns the one room of two users, whichever of them asks.
func DirectRoom(a, b UserID) RoomID {
	if b < a {
		a, b = b, a
	}
	sum := sha256.Sum256([]byte(string(a) + "\x00" + string(b)))
	return RoomID(directPrefix + hex.EncodeToString(sum[:16]))
}

// MaxClassicName is how many bytes a classic room_id or user_id may have, so
// that its encoded form is still an id.
const MaxClassicName = 90

// ClassicRoom returns the room that the classic API calls name. It fails with
// CodeInvalid when name is empty, longer than MaxClassicName or not UTF-8.
func ClassicRoom(name string) (RoomID, error) {
	id, err := classicID("room_id", name)
	return RoomID(id), err
}

// ClassicUser returns the user that the classic API calls name, with the
// bounds of [ClassicRoom].
func ClassicUser(name string) (UserID, error) {
	id, err := classicID("user_id", name)
	return UserID(id), err
}

// ClassicName returns the name by which the classic API knows id: the decoded
// name for classic ids, id itself for all others.
func ClassicName(id string) string {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(id, classicPrefix))
	if !strings.HasPrefix(id, classicPrefix) || err != nil {
		return id
	}
	return string(raw)
}

func classicID(field, name string) (string, error) {
	if err := checkLine(field, name, MaxClassicName); err != nil {
		return "", err
	}
	if len(name) > MaxClassicName {
		return "", Errorf(CodeInvalid, "%s is longer than %d bytes", field, MaxClassicName)
	}
	return classicPrefix + base64.RawURLEncoding.EncodeToString([]byte(name)), nil
}
