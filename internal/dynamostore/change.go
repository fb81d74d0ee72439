package dynamostore

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/maru-chat/maru/internal/chat"
)

// change is one write to one item, beside a slot or alone. Exactly one of put,
// isErased and clauses says what it does.
type change struct {
	key      key
	put      item // replaces whatever stood there
	isErased bool // removes the item
	clauses  []clause

	// only are the conditions, all of which must hold of the item that stands
	// there. Without any, an update creates the item if there is none.
	only []condition
}

// condition says what one attribute of the item that stands there must be.
type condition struct {
	name string
	is   comparison
	// value is compared with; nil says that the attribute is absent.
	value types.AttributeValue
	// orAbsent lets an absent attribute pass too.
	orAbsent bool
}

// comparison is a comparator of DynamoDB's condition expressions.
type comparison string

const (
	equal   comparison = "="
	less    comparison = "<"
	atMost  comparison = "<="
	greater comparison = ">"
)

// nothing is the condition that no item stands there.
var nothing = condition{name: partitionKey}

func ofKind(kind chat.Kind) []condition {
	return []condition{{name: "kind", is: equal, value: text(string(kind))}}
}

// ofVersion is the condition that the item has the version; 0 that there is none.
func ofVersion(version int64) []condition {
	if version == 0 {
		return []condition{nothing}
	}
	return []condition{{name: attrVersion, is: equal, value: number(version)}}
}

// clause is one part of an update.
type clause struct {
	verb verb
	name string
	// within names one entry of the map called name; empty for the attribute itself.
	within string
	value  types.AttributeValue
}

// verb is what a clause does with its attribute.
type verb int

const (
	verbSet    verb = iota // value becomes the attribute
	verbRemove             // the attribute goes
	verbAdd                // value is added to the number, 0 when absent
	verbAppend             // value, a list, follows the list, empty when absent
)

func set(name string, v types.AttributeValue) clause { return clause{verbSet, name, "", v} }

func setIn(name, within string, v types.AttributeValue) clause {
	return clause{verbSet, name, within, v}
}

func remove(name string) clause { return clause{verbRemove, name, "", nil} }

func removeIn(name, within string) clause { return clause{verbRemove, name, within, nil} }

func add(name string, n int) clause { return clause{verbAdd, name, "", number(n)} }

func appendTo(name string, list types.AttributeValue) clause {
	return clause{verbAppend, name, "", list}
}

// effects lists what an entry changes beside its own slot, except for read marks.
// erased are the entries that a deletion empties.
func effects(e *chat.Entry, erased []chat.Seq) []change {
	var changes []change
	if chat.ChangesRoom(e) {
		changes = append(changes, roomChange(e))
		changes = append(changes, publicChanges(e)...)
	}
	for _, user := range chat.MembersOf(e) {
		changes = append(changes, memberChanges(e, user)...)
	}
	changes = append(changes, evictionChanges(e)...)
	changes = append(changes, postChanges(e, erased)...)
	if e.Kind == chat.KindPosted {
		for _, user := range e.Mentions {
			m := chat.Mention{Room: e.Room, Seq: e.Seq, At: e.At}
			changes = append(changes, change{key: mentionKey(user, m), put: mentionItem(user, m)})
		}
	}
	return changes
}

// markChanges advances the read marks that the entry itself moves. In the entry's
// transaction they need no condition: no mark is above the head.
func markChanges(e *chat.Entry) []change {
	var changes []change
	for _, user := range chat.MarksOf(e) {
		changes = append(changes, change{key: markKey(e.Room, user), put: markItem(e.Room, user, chat.MarkAt(e))})
	}
	return changes
}

func roomChange(e *chat.Entry) change {
	c := change{key: roomKey(e.Room)}
	if e.Kind == chat.KindCreated {
		var room chat.Room
		room.Apply(e)
		c.put = newRoomItem(&room)
		return c
	}
	c.clauses = roomClauses(e)
	if touchesRoom(e) {
		c.clauses = append(c.clauses, set(attrTouched, number(e.Seq)))
	}
	return c
}

// publicChanges puts the room on the list of public rooms or takes it off.
func publicChanges(e *chat.Entry) []change {
	k := publicKey(e.Room)
	switch {
	case e.Kind == chat.KindRoomDeleted, e.Kind == chat.KindSettingsChanged && e.Visibility != chat.Public:
		return []change{{key: k, isErased: true}}
	case e.Kind == chat.KindSettingsChanged, e.Kind == chat.KindCreated && e.Visibility == chat.Public:
		return []change{{key: k, put: publicItem(e.Room)}}
	default:
		return nil
	}
}

func roomClauses(e *chat.Entry) []clause {
	post := strconv.FormatInt(int64(e.Post), 10)
	switch e.Kind {
	case chat.KindTopicSet:
		return []clause{set(attrTopic, text(e.Text))}
	case chat.KindSettingsChanged:
		return []clause{set("title", text(e.Title)), set("visibility", text(string(e.Visibility)))}
	case chat.KindPinned:
		return []clause{setIn(attrPins, post, number(e.Seq))}
	case chat.KindUnpinned:
		return []clause{removeIn(attrPins, post)}
	case chat.KindRoomDeleted:
		return []clause{set(attrDeleted, flag()), remove(attrTopic), set(attrErase, text(eraseMore))}
	case chat.KindJoined:
		return []clause{add(attrMembers, 1), add(attrOwners, owns(e.Role))}
	case chat.KindLeft, chat.KindRemoved:
		return []clause{add(attrMembers, -1), add(attrOwners, -owns(e.Was))}
	case chat.KindRoleSet:
		return []clause{add(attrOwners, owns(e.Role)-owns(e.Was))}
	default:
		return nil
	}
}

func owns(role chat.Role) int {
	if role == chat.RoleOwner {
		return 1
	}
	return 0
}

func touchesRoom(e *chat.Entry) bool {
	for _, thing := range chat.Touches(e) {
		if thing == chat.TheRoom {
			return true
		}
	}
	return false
}

// memberChanges writes a membership under the room's key, where it stays after
// the user has left because decisions rely on its touched seq, and under the
// user's key, which has only the rooms that the user is in now.
func memberChanges(e *chat.Entry, user chat.UserID) []change {
	inRoom, ofUser := memberKey(e.Room, user), membershipKey(e.Room, user)
	var clauses []clause
	switch e.Kind {
	case chat.KindCreated, chat.KindJoined:
		m := chat.Member{User: user}
		m.Apply(e)
		return []change{
			{key: inRoom, put: memberItem(inRoom, &m)},
			{key: ofUser, put: memberItem(ofUser, &m)},
		}
	case chat.KindLeft, chat.KindRemoved:
		return []change{
			{key: inRoom, clauses: []clause{remove("role"), set(attrTouched, number(e.Seq))}},
			{key: ofUser, isErased: true},
		}
	case chat.KindRoleSet:
		clauses = []clause{set("role", text(string(e.Role))), set(attrTouched, number(e.Seq))}
	case chat.KindRenamed:
		clauses = []clause{set("name", text(e.Name)), set(attrNamed, number(e.Seq))}
	}
	return []change{{key: inRoom, clauses: clauses}, {key: ofUser, clauses: clauses}}
}

// postChanges updates the post that an entry concerns.
func postChanges(e *chat.Entry, erased []chat.Seq) []change {
	c := change{key: entryKey(e.Room, e.Post), only: ofKind(chat.KindPosted)}
	reaction := reactionKey(e.Emoji, e.Author)
	switch e.Kind {
	case chat.KindEdited:
		c.clauses = []clause{set("text", text(e.Text)), appendTo(attrEdits, numbers(e.Seq))}
	case chat.KindReactionSet:
		c.clauses = []clause{setIn(attrReactions, reaction, number(e.Seq)), set(attrReacted, number(e.Seq))}
	case chat.KindReactionRemoved:
		c.clauses = []clause{removeIn(attrReactions, reaction), set(attrReacted, number(e.Seq))}
	case chat.KindDeleted:
		c.only = append(c.only, editedBy(e, erased))
		c.clauses = []clause{remove("text"), set(attrDeleted, number(e.Seq))}
		return append([]change{c}, emptied(e, erased)...)
	default:
		return nil
	}
	return []change{c}
}

// editedBy is the condition that the post has no other edits than those that
// its deletion empties.
func editedBy(e *chat.Entry, erased []chat.Seq) condition {
	edits := slices.DeleteFunc(slices.Clone(erased), func(seq chat.Seq) bool { return seq == e.Post })
	if len(edits) == 0 {
		return condition{name: attrEdits}
	}
	return condition{name: attrEdits, is: equal, value: numbers(edits...)}
}

// emptied removes the words of a deleted post's edits.
func emptied(e *chat.Entry, erased []chat.Seq) []change {
	var changes []change
	for _, seq := range erased {
		if seq != e.Post {
			changes = append(changes, change{
				key: entryKey(e.Room, seq), only: ofKind(chat.KindEdited), clauses: []clause{remove("text")},
			})
		}
	}
	return changes
}
