package dynamostore

import (
	"fmt"
	"strings"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Names of the table's keys.
const (
	partitionKey = "pk"
	sortKey      = "sk"
)

// key is where an item stands: partition and sort key.
type key struct{ pk, sk string }

const (
	entryPrefix   = "E#"
	memberPrefix  = "M#"
	mentionPrefix = "N#"
	markPrefix    = "K#"
	publicPrefix  = "R#"
	roomItem      = "ROOM"
)

// afterAll sorts after every key that continues its prefix: ids, digits and
// separators are ASCII.
const afterAll = "\x7f"

// maxSeq is the largest seq that 12 digits hold.
const maxSeq chat.Seq = 999_999_999_999

func roomPartition(room chat.RoomID) string { return "R#" + string(room) }

func userPartition(user chat.UserID) string { return "U#" + string(user) }

func entrySort(seq chat.Seq) string { return fmt.Sprintf(entryPrefix+"%012d", int64(seq)) }

func entryKey(room chat.RoomID, seq chat.Seq) key { return key{roomPartition(room), entrySort(seq)} }

func roomKey(room chat.RoomID) key { return key{roomPartition(room), roomItem} }

// memberKey is the membership in the room's partition, membershipKey the one in the
// user's.
func memberKey(room chat.RoomID, user chat.UserID) key {
	return key{roomPartition(room), memberPrefix + string(user)}
}

func membershipKey(room chat.RoomID, user chat.UserID) key {
	return key{userPartition(user), memberPrefix + string(room)}
}

func markKey(room chat.RoomID, user chat.UserID) key {
	return key{userPartition(user), markPrefix + string(room)}
}

// accountKey is the user's account, apart from every room.
func accountKey(user chat.UserID) key { return key{userPartition(user), "USER"} }

func ticketKey(hash string) key { return key{"T#" + hash, "TICKET"} }

// useKey is the use of a ticket that the name took.
func useKey(hash, by string) key { return key{"T#" + hash, "U#" + by} }

func bucketKey(name string) key { return key{"L#" + name, "BUCKET"} }

func secretKey(name string) key { return key{"S#", name} }

// publicPartition holds an item for each public room.
const publicPartition = "P#"

func publicKey(room chat.RoomID) key { return key{publicPartition, publicPrefix + string(room)} }

// mentionKey sorts a user's mentions by time, then room, then seq.
func mentionKey(user chat.UserID, m chat.Mention) key {
	return key{userPartition(user), mentionPrefix + mentionSort(m)}
}

func mentionSort(m chat.Mention) string {
	return fmt.Sprintf("%015d#%s#%012d", m.At.UnixMilli(), m.Room, int64(m.Seq))
}

// reactionSeparator stands between emoji and user in a key of rx; neither can
// hold a control character.
const reactionSeparator = "\x1f"

func reactionKey(emoji string, user chat.UserID) string {
	return emoji + reactionSeparator + string(user)
}

func parseReactionKey(k string) (emoji string, user chat.UserID) {
	emoji, id, _ := strings.Cut(k, reactionSeparator)
	return emoji, chat.UserID(id)
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
