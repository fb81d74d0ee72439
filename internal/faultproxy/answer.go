package faultproxy

import (
	"encoding/json"
	"hash/crc32"
	"maps"
	"net/http"
	"strconv"
)

// response is what a client is answered.
type response struct {
	status int
	header http.Header
	body   []byte
}

func (r *response) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // fails only if the client is gone
}

// problem is an error in DynamoDB's form.
type problem struct {
	Type    string   `json:"__type"`
	Message string   `json:"message"`
	Reasons []reason `json:"CancellationReasons,omitempty"`
}

type reason struct {
	Code    string `json:"Code"`
	Message string `json:"Message,omitempty"`
}

const typePrefix = "com.amazonaws.dynamodb.v20120810#"

var serverError = problem{Type: "InternalServerError", Message: "The request could not be completed."}.response(http.StatusInternalServerError)

// response includes the checksum that the SDK verifies: it takes a missing one for
// the checksum 0.
func (p problem) response(status int) *response {
	p.Type = typePrefix + p.Type
	body, _ := json.Marshal(p) // strings cannot fail
	return &response{status: status, body: body, header: http.Header{
		"Content-Type":     {"application/x-amz-json-1.0"},
		"X-Amzn-Requestid": {"FAULTPROXY"},
		"X-Amz-Crc32":      {strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10)},
	}}
}

// madeUp returns the answer to a request that is not applied.
func (p *Proxy) madeUp(r *request, fault Fault) *response {
	switch {
	case fault == Throttled:
		return problem{
			Type:    "ProvisionedThroughputExceededException",
			Message: "The level of configured provisioned throughput for the table was exceeded.",
		}.response(http.StatusBadRequest)
	case fault == Conflict && r.operation == "TransactWriteItems":
		return p.cancelled(r).response(http.StatusBadRequest)
	case fault == Conflict:
		return problem{
			Type:    "TransactionConflictException",
			Message: "Transaction is ongoing for the item",
		}.response(http.StatusBadRequest)
	default:
		return serverError
	}
}

// cancelled returns the error of a transaction of which one action, drawn at random,
// conflicts with another transaction.
func (p *Proxy) cancelled(r *request) problem {
	var in struct{ TransactItems []json.RawMessage }
	_ = json.Unmarshal(r.body, &in) // a body without actions has one reason
	reasons := make([]reason, max(1, len(in.TransactItems)))
	for i := range reasons {
		reasons[i].Code = "None"
	}
	p.mu.Lock()
	at := p.chance.IntN(len(reasons))
	p.mu.Unlock()
	reasons[at] = reason{"TransactionConflict", "Transaction is ongoing for the item"}
	return problem{
		Type:    "TransactionCanceledException",
		Message: "Transaction cancelled, please refer cancellation reasons for specific reasons",
		Reasons: reasons,
	}
}
