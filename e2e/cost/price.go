package main

// AWS's list prices of us-east-1 as of pricedIn, in dollars.
const (
	pricedIn = "November 2026"
	million  = 1e6

	perMessage          = 1.00 / million // WebSocket API, of at most 32 KB, in and out
	perConnectionMinute = 0.25 / million
	perHTTPRequest      = 1.00 / million // HTTP API
	perRead             = 0.125 / million
	perWrite            = 0.625 / million
	perInvocation       = 0.20 / million
	perGBSecond         = 0.0000133334 // Lambda on arm64
	perLoggedKB         = 0.50 / million
)

// beganFrom is what the chat that this project began from would cost, in dollars
// for a million messages by the number of listeners: a REST PUT, a query of an
// index, and a push to each of them.
var beganFrom = map[int]float64{10: 15.81, 100: 109.93}

// What is assumed to be logged, in KB: Maru's line for each HTTP request, and the
// three lines that Lambda would write for each invocation if
// deploy/serverless.yml did not turn them off.
const (
	loggedRequest = 0.25
	notLogged     = 0.4
)

// lambda is how a function is billed. Its time is assumed, not counted.
type lambda struct {
	// Memory is what deploy/serverless.yml gives it, in MB.
	Memory int
	// Base is how long an invocation takes without pushes, in ms: two to four round
	// trips to the table at about 5 ms each, and the function's own work.
	Base float64
	// Parallel is how many connections it pushes to at once.
	Parallel int
}

// pushRound is how long one round of pushes is assumed to take, in ms.
const pushRound = 20

var lambdas = map[string]lambda{
	"authorizer": {Memory: 256, Base: 5},
	"socket":     {Memory: 512, Base: 20, Parallel: maxDirect},
	"http":       {Memory: 512, Base: 30},
	"push":       {Memory: 512, Base: 20, Parallel: 50},
}

// bill is a price in dollars, by what AWS charges for.
type bill struct {
	Gateway     float64 // API Gateway: messages, requests, minutes
	Table       float64 // DynamoDB: read and write units
	Invocations float64 // Lambda: requests
	Time        float64 // Lambda: GB-seconds, assumed
}

// Known is the price without Lambda's time, which is assumed.
func (b bill) Known() float64 { return b.Gateway + b.Table + b.Invocations }

// Total is the whole price.
func (b bill) Total() float64 { return b.Known() + b.Time }

func (b bill) plus(c bill, times float64) bill {
	return bill{
		b.Gateway + times*c.Gateway, b.Table + times*c.Table,
		b.Invocations + times*c.Invocations, b.Time + times*c.Time,
	}
}

// billOf is the price of what was counted, done once.
func billOf(c *Count) bill {
	b := bill{
		Gateway: float64(c.In+c.Answers+c.Pushes)*perMessage + float64(c.Requests)*perHTTPRequest,
		Table:   c.Reads()*perRead + c.Writes()*perWrite,
	}
	for name, times := range c.Invocations {
		b.Invocations += float64(times) * perInvocation
		f := lambdas[name]
		b.Time += float64(times) * f.Base / 1000 * f.gigabytes() * perGBSecond
	}
	// One function makes all the pushes, evenly spread over its invocations.
	if pusher, isOne := c.pusher(); isOne {
		f := lambdas[pusher]
		each := (c.Pushes + c.Invocations[pusher] - 1) / c.Invocations[pusher]
		rounds := c.Invocations[pusher] * ((each + f.Parallel - 1) / f.Parallel)
		b.Time += float64(rounds) * pushRound / 1000 * f.gigabytes() * perGBSecond
	}
	return b
}

func (f lambda) gigabytes() float64 { return float64(f.Memory) / 1024 }
