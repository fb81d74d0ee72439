// Package faultproxy is a proxy between a DynamoDB client and DynamoDB Local that
// injects what a local database never does by itself: lost answers, writes that
// arrive after their caller gave up, conflicts, throttling, writers that die. It is
// test support only.
//
// It is not a mock: the requests that a fault lets through are applied by the real
// DynamoDB Local, and the answers that the proxy makes up have DynamoDB's form.
//
// Invariants:
//   - A request is applied at most once, and exactly as it came.
//   - Faults are drawn in the order in which requests arrive, from one seed.
package faultproxy

// Fault is what happens to one request.
type Fault int

// The faults. A request is applied if it reaches DynamoDB Local, whatever the client
// is answered.
const (
	// None applies the request and answers it.
	None Fault = iota
	// AnswerLost applies the request and cuts the connection before the answer.
	AnswerLost
	// AnswerBroken applies the request and answers with status 500.
	AnswerBroken
	// Cut cuts the connection; the request is never applied.
	Cut
	// Refused answers with status 500; the request is never applied.
	Refused
	// Throttled answers ProvisionedThroughputExceededException; never applied.
	Throttled
	// Conflict answers as DynamoDB does while another transaction holds an item:
	// TransactionConflictException to a single write, and to a transaction
	// TransactionCanceledException with one reason TransactionConflict. Never
	// applied.
	Conflict
	// Late cuts the connection and applies the request after some more requests
	// have come, or at Settle.
	Late
	// Slow waits for Config.Delay before it applies the request and answers.
	Slow
	// Held applies the request and answers after Config.Delay. Met counts it once
	// the request has been applied.
	Held
	// Overtaken calls Config.Overtake, and then applies the request and answers. What
	// the request wanted may be taken by then.
	Overtaken
	// DieBefore cuts this connection and every later one, as if the writer had died;
	// this request is never applied.
	DieBefore
	// DieAfter applies this request and then is as DieBefore.
	DieAfter
)

// Rates says how likely each fault is, as shares of 1; what remains is None.
type Rates map[Fault]float64

var faultNames = map[Fault]string{
	None: "none", AnswerLost: "answer lost", AnswerBroken: "answer broken", Cut: "cut", Refused: "refused",
	Throttled: "throttled", Conflict: "conflict", Late: "late", Slow: "slow", Held: "held", Overtaken: "overtaken",
	DieBefore: "die before", DieAfter: "die after",
}

// String names the fault.
func (f Fault) String() string { return faultNames[f] }

// Faults lists every fault.
var Faults = []Fault{
	None, AnswerLost, AnswerBroken, Cut, Refused, Throttled, Conflict, Late, Slow, Held, Overtaken, DieBefore, DieAfter,
}
