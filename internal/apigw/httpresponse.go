package apigw

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// httpAnswer is what a function returns to an HTTP API.
type httpAnswer struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers,omitempty"`
	Cookies         []string          `json:"cookies,omitempty"` // each one a Set-Cookie
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// response is an [http.ResponseWriter] that records an answer by the rules of
// net/http's server.
type response struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int         // 0 until it is written
	body   bytes.Buffer
	isHead bool
	isCut  bool // a part of the body was dropped
}

func newResponse(method string) *response {
	return &response{header: http.Header{}, isHead: method == http.MethodHead}
}

// Header returns the headers to be sent; after WriteHeader, changes are lost.
func (w *response) Header() http.Header { return w.header }

// WriteHeader keeps the first status. An informational one is not sent: API
// Gateway knows none.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status = status
	w.sent = w.header.Clone()
}

var errAnswerTooLarge = errors.New("the answer is too large for a function")

// Write keeps the bytes, unless the answer has no body.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	if w.sent.Get("Content-Type") == "" && w.sent.Get("Content-Encoding") == "" {
		w.sent.Set("Content-Type", http.DetectContentType(p)) // API Gateway would call it JSON
	}
	if w.isHead {
		return len(p), nil
	}
	if w.body.Len()+len(p) > MaxAnswer {
		w.isCut = true
		return 0, errAnswerTooLarge
	}
	return w.body.Write(p)
}

// encode returns the function's answer. It fails when that has more than MaxAnswer
// bytes.
func (w *response) encode() ([]byte, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.isCut {
		return nil, errAnswerTooLarge
	}
	answer := httpAnswer{StatusCode: w.status, Headers: map[string]string{}, Cookies: w.sent.Values("Set-Cookie")}
	for name, values := range w.sent {
		answer.Headers[name] = strings.Join(values, ", ")
	}
	delete(answer.Headers, "Set-Cookie")
	delete(answer.Headers, "Content-Length") // API Gateway counts
	if w.isText() {
		answer.Body = w.body.String()
	} else {
		answer.Body, answer.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body.Bytes()), true
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	if encoded.Len() > MaxAnswer {
		return nil, fmt.Errorf("%w: %d bytes", errAnswerTooLarge, encoded.Len())
	}
	return bytes.TrimSuffix(encoded.Bytes(), []byte("\n")), nil
}

// isText reports whether the body survives as a JSON string.
func (w *response) isText() bool {
	return w.sent.Get("Content-Encoding") == "" && utf8.Valid(w.body.Bytes())
}
