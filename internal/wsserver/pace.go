package wsserver

import "time"

const (
	// pauseFor is how long a poller sleeps between two looks. To be woken up for each
	// message would cost more than most messages do.
	pauseFor = 8 * time.Millisecond
	// spell is how long messages are counted, and often how many must come in it. What
	// one peer sends at once counts as one.
	spell, often = 4 * pauseFor, 32
	// promptly is how soon the next message is seen of a peer who sends it as soon as
	// the last has been answered.
	promptly = 2 * pauseFor
)

// pace decides whether a poller may pause. A pause delays messages by milliseconds.
// That lowers the rate only of those who send again as soon as they are answered, so
// a poller pauses while messages come often and few of them come promptly. The zero
// pace does not pause.
type pace struct {
	since         time.Duration // when the spell began
	count, prompt int           // the messages of the spell
	mayPause      bool          // what the last spell says
}

// note counts messages that came at now, and reports whether the poller may pause.
func (p *pace) note(now time.Duration, messages, prompt int) (mayPause bool) {
	if lasted := now - p.since; lasted >= spell {
		isRecent := lasted < 2*spell
		p.mayPause = isRecent && p.count >= often && 4*p.prompt <= p.count
		p.since, p.count, p.prompt = now, 0, 0
	}
	p.count += messages
	p.prompt += prompt
	return p.mayPause
}
