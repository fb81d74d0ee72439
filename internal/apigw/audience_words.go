package apigw

import (
	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// codecs encode an event for each kind of connection, as one line; nil for an event
// that the kind is not told.
var codecs = map[Kind]func(chat.Event) []byte{
	KindMaru:    encodeMaru,
	KindClassic: encodeClassic,
}

func encodeMaru(event chat.Event) []byte {
	f := wire.FrameOf(event)
	if f == nil {
		return nil
	}
	return wire.Encode(f)
}

// encodeClassic encodes new posts; classic pages are told nothing else.
func encodeClassic(event chat.Event) []byte {
	appended, isEntry := event.(*chat.EntryAppended)
	if !isEntry || appended.Entry.Kind != chat.KindPosted {
		return nil
	}
	return wire.EncodeClassic(wire.ClassicOf(&appended.Entry, appended.AuthorName))
}

// vocabulary holds one event in the encodings that its recipients need, each made
// once.
type vocabulary map[Kind][]byte

func (v vocabulary) of(kind Kind, event chat.Event) []byte {
	line, isKnown := v[kind]
	if encode := codecs[kind]; !isKnown && encode != nil {
		line = encode(event)
		v[kind] = line
	}
	return line
}

// recipients are the listeners who are told of the event: nobody who was removed
// before it, according to the evictions and the entries that it passed, and not the
// user who types.
func recipients(listeners []Row, evicted map[chat.UserID]chat.Seq, event chat.Event) []Row {
	var mayHave func(chat.UserID) bool
	switch e := event.(type) {
	case *chat.EntryAppended:
		removed := removals(evicted, e)
		mayHave = func(user chat.UserID) bool {
			at, isRemoved := removed[user]
			return !isRemoved || e.Entry.Seq <= at
		}
	case chat.TypingStarted:
		mayHave = func(user chat.UserID) bool { return user != e.User && evicted[user] == 0 }
	default:
		mayHave = func(user chat.UserID) bool { return evicted[user] == 0 }
	}
	var to []Row
	for _, r := range listeners {
		if mayHave(r.User) {
			to = append(to, r)
		}
	}
	return to
}

// removals are the evictions after the passed entries and the entry itself, each
// with the last entry that the user gets.
func removals(evicted map[chat.UserID]chat.Seq, e *chat.EntryAppended) map[chat.UserID]chat.Seq {
	removed := make(map[chat.UserID]chat.Seq, len(evicted))
	for user, seq := range evicted {
		removed[user] = seq
	}
	for i := range e.Passed {
		follow(removed, &e.Passed[i])
	}
	follow(removed, &e.Entry)
	return removed
}

func follow(removed map[chat.UserID]chat.Seq, e *chat.Entry) {
	switch e.Kind {
	case chat.KindLeft, chat.KindRemoved:
		removed[e.User] = max(removed[e.User], e.Seq)
	case chat.KindJoined:
		if removed[e.User] < e.Seq {
			delete(removed, e.User)
		}
	}
}
