package apigw

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// httpEvent is what a handler needs of an event of an HTTP API:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
type httpEvent struct {
	RawPath        string            `json:"rawPath"`
	RawQueryString string            `json:"rawQueryString"`
	Headers        map[string]string `json:"headers"` // repeated ones are joined by commas
	Cookies        []string          `json:"cookies"` // not among the headers
	RequestContext struct {
		DomainName string `json:"domainName"`
		Stage      string `json:"stage"`
		HTTP       struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

// readHTTPEvent converts an event into the request that a server would have read.
func readHTTPEvent(ctx context.Context, payload []byte) (*http.Request, error) {
	var event httpEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("read an HTTP event: %w", err)
	}
	if event.RequestContext.HTTP.Method == "" {
		return nil, errors.New("read an HTTP event: it has no method: not payload format 2.0")
	}
	body := event.Body
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, fmt.Errorf("read an HTTP event's body: %w", err)
		}
		body = string(decoded)
	}
	header := event.header()
	host := header.Get("Host")
	if host == "" {
		host = event.RequestContext.DomainName
	}
	header.Del("Host")
	address := event.address()
	r := &http.Request{
		Method:        event.RequestContext.HTTP.Method,
		URL:           address,
		RequestURI:    address.RequestURI(),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Host:          host,
		RemoteAddr:    net.JoinHostPort(event.RequestContext.HTTP.SourceIP, "0"),
		ContentLength: int64(len(body)),
		Body:          http.NoBody,
	}
	if body != "" {
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	return r.WithContext(ctx), nil
}

func (e *httpEvent) header() http.Header {
	header := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		header.Add(name, value)
	}
	if len(e.Cookies) > 0 {
		header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return header
}

// defaultStage is the stage that has no part in paths.
const defaultStage = "$default"

// address returns the path without the stage that API Gateway puts before it, and
// the query as it was sent.
func (e *httpEvent) address() *url.URL {
	raw := e.RawPath
	if stage := e.RequestContext.Stage; stage != "" && stage != defaultStage {
		if rest, hasStage := strings.CutPrefix(raw, "/"+stage); hasStage && (rest == "" || rest[0] == '/') {
			raw = rest
		}
	}
	if !strings.HasPrefix(raw, "/") {
		raw = "/" + raw
	}
	u := &url.URL{Path: raw, RawQuery: e.RawQueryString}
	if path, err := url.PathUnescape(raw); err == nil { // else it was decoded already
		u.Path, u.RawPath = path, raw
	}
	return u
}
