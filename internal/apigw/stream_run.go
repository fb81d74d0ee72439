package apigw

import (
	"slices"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// run is the entries of one room in one event of the stream, in order.
type run struct {
	room chat.RoomID
	// sequence is the stream's number of the first record.
	sequence string
	entries  []chat.Entry
}

func (r *run) dropOlder(than time.Time) {
	r.entries = slices.DeleteFunc(r.entries, func(e chat.Entry) bool { return e.At.Before(than) })
}

func (r *run) authors() []chat.UserID {
	var authors []chat.UserID
	for i := range r.entries {
		authors = append(authors, r.entries[i].Author)
	}
	slices.Sort(authors)
	return slices.Compact(authors)
}

// phrase is one entry encoded for one kind of connection.
type phrase struct {
	seq  chat.Seq
	line []byte
}

// phrasebook is a run encoded for each kind of connection.
type phrasebook struct {
	phrases map[Kind][]phrase
	// whole are the messages with all phrases; most listeners get these.
	whole map[Kind][][]byte
}

// encode encodes the entries for every kind of connection.
func (r *run) encode(names map[chat.UserID]string) *phrasebook {
	b := &phrasebook{phrases: map[Kind][]phrase{}, whole: map[Kind][][]byte{}}
	for i := range r.entries {
		e := &r.entries[i]
		words := vocabulary{}
		for kind := range codecs {
			line := words.of(kind, &chat.EntryAppended{Entry: *e, AuthorName: names[e.Author]})
			if line != nil {
				b.phrases[kind] = append(b.phrases[kind], phrase{e.Seq, line})
			}
		}
	}
	for kind, phrases := range b.phrases {
		b.whole[kind] = messagesOf(kind, phrases)
	}
	return b
}

// messagesFor returns the messages for a listener of the kind who gets nothing
// after the entry at last; 0 for one who gets all.
func (b *phrasebook) messagesFor(kind Kind, last chat.Seq) [][]byte {
	if last == 0 {
		return b.whole[kind]
	}
	isLate := func(p phrase) bool { return p.seq > last }
	return messagesOf(kind, slices.DeleteFunc(slices.Clone(b.phrases[kind]), isLate))
}

// messagesOf joins lines for maru.v1 clients, which split them again; a classic page
// reads one object from each message.
func messagesOf(kind Kind, phrases []phrase) [][]byte {
	lines := make([][]byte, len(phrases))
	for i := range phrases {
		lines[i] = phrases[i].line
	}
	if kind == KindMaru {
		return join(lines)
	}
	return lines
}
