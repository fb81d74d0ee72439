package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Events as API Gateway makes them, modelled on the golden events of package
// apigw.

const (
	origin = "https://chat.example.org"
	// messageUnit is the unit in which API Gateway bills a message, in bytes.
	messageUnit = 32 << 10
)

type object = map[string]any

// socketEvent returns an event of a route for the person's connection.
func socketEvent(p *person, route, kind string) object {
	return object{
		"requestContext": object{
			"routeKey": route, "eventType": kind, "extendedRequestId": "Fm5RbEt2IAMFeHg=",
			"requestTime": time.Now().Format("02/Jan/2006:15:04:05 -0700"), "messageDirection": "IN", "stage": "prod",
			"connectedAt": p.since.UnixMilli(), "requestTimeEpoch": time.Now().UnixMilli(),
			"identity": object{"sourceIp": "192.0.2.1"}, "requestId": "Fm5RbEt2IAMFeHg=",
			"domainName":   "abcdef123.execute-api.us-east-1.amazonaws.com",
			"connectionId": string(p.conn), "apiId": "abcdef123", "authorizer": p.identity,
		},
		"isBase64Encoded": false,
	}
}

// connectEvent returns the event of a handshake that offers the person's token.
func connectEvent(p *person) object {
	protocols := "maru.v1, bearer." + p.token
	event := socketEvent(p, "$connect", "CONNECT")
	event["headers"] = object{"Origin": origin, "Sec-WebSocket-Protocol": protocols}
	event["multiValueHeaders"] = object{"Origin": []string{origin}, "Sec-WebSocket-Protocol": []string{protocols}}
	return event
}

// questionOf returns the authorizer's event for a connection.
func questionOf(event object) object {
	question := maps.Clone(event)
	question["type"] = "REQUEST"
	question["methodArn"] = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/prod/$connect"
	return question
}

// connect opens the person's connection by the authorizer and $connect.
func (h *home) connect(t *testing.T, tally *Count, p *person) {
	t.Helper()
	event := connectEvent(p)
	var permission struct{ Context map[string]any }
	h.invoke(t, tally, "authorizer", questionOf(event), &permission)
	if permission.Context["user"] != string(p.id) {
		t.Fatalf("the authorizer let in %v, want %s", permission.Context, p.id)
	}
	permission.Context["principalId"] = string(p.id)
	p.identity = permission.Context
	event["requestContext"].(object)["authorizer"] = p.identity
	var answer struct{ StatusCode int }
	h.invoke(t, tally, "socket", event, &answer)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("$connect was answered %d", answer.StatusCode)
	}
	h.gateway.Open(p.conn)
}

func (h *home) disconnect(t *testing.T, tally *Count, p *person) {
	t.Helper()
	event := socketEvent(p, "$disconnect", "DISCONNECT")
	event["requestContext"].(object)["disconnectStatusCode"] = 1001
	h.invoke(t, tally, "socket", event, nil)
}

// send has the person send frames in one message. Each must be answered, and none
// with an error.
func (h *home) send(t *testing.T, tally *Count, p *person, frames ...object) {
	t.Helper()
	for _, f := range frames {
		f["ref"] = "12"
	}
	if answered := h.tell(t, tally, p, frames...); answered != len(frames) {
		t.Fatalf("%v: %d were answered", frames, answered)
	}
}

// tell has the person send frames in one message, and returns how many of them
// were answered.
func (h *home) tell(t *testing.T, tally *Count, p *person, frames ...object) (answered int) {
	t.Helper()
	var lines []string
	for _, f := range frames {
		line, err := json.Marshal(f)
		must(t, err)
		lines = append(lines, string(line))
	}
	message := strings.Join(lines, "\n")
	event := socketEvent(p, "$default", "MESSAGE")
	event["body"] = message
	var answer struct {
		StatusCode int
		Body       string
	}
	h.invoke(t, tally, "socket", event, &answer)
	for line := range strings.Lines(answer.Body) {
		var frame struct{ Type, Ref string }
		must(t, json.Unmarshal([]byte(line), &frame))
		if frame.Type == "error" {
			t.Fatalf("%s was answered: %s", message, line)
		}
		if frame.Ref != "" {
			answered++
		}
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s was answered %d", message, answer.StatusCode)
	}
	tally.In += messages(len(message))
	tally.Answers += messages(len(answer.Body))
	return answered
}

// messages returns as how many messages so many bytes are billed; 0 bytes are not
// sent.
func messages(bytes int) int { return (bytes + messageUnit - 1) / messageUnit }

// get has the person send a GET to the HTTP API, and returns the body of the
// answer.
func (h *home) get(t *testing.T, tally *Count, p *person, path string, query url.Values) string {
	t.Helper()
	return h.request(t, tally, p, http.MethodGet, path, query, nil)
}

// request has the person send a request to the HTTP API, and returns the body of
// the answer.
func (h *home) request(t *testing.T, tally *Count, p *person, method, path string, query url.Values, body object) string {
	t.Helper()
	event := object{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query.Encode(),
		"headers": object{
			"accept": "application/json", "content-type": "application/json", "authorization": "Bearer " + p.token, "origin": origin,
			"host": "abcdef123.execute-api.us-east-1.amazonaws.com", "x-forwarded-for": "192.0.2.1",
		},
		"requestContext": object{
			"accountId": "123456789012", "apiId": "abcdef123", "stage": "$default", "requestId": "JKJaXmPLvHcESHA=",
			"domainName": "abcdef123.execute-api.us-east-1.amazonaws.com", "routeKey": "$default",
			"http":      object{"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent"},
			"timeEpoch": time.Now().UnixMilli(),
		},
		"isBase64Encoded": false,
	}
	if body != nil {
		text, err := json.Marshal(body)
		must(t, err)
		event["body"] = string(text)
	}
	var answer struct {
		StatusCode int
		Body       string
	}
	h.invoke(t, tally, "http", event, &answer)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s was answered %d: %s", method, path, answer.StatusCode, answer.Body)
	}
	tally.Requests++
	return answer.Body
}

// pushFromStream hands so many new entries of the stream to push, as one batch.
func (h *home) pushFromStream(t *testing.T, tally *Count, entries int) {
	t.Helper()
	var answer struct{ BatchItemFailures []any }
	h.invoke(t, tally, "push", object{"Records": h.stream.next(t, entries, ofPush)}, &answer)
	if len(answer.BatchItemFailures) > 0 {
		t.Fatalf("the stream's entries were not pushed: %v", answer.BatchItemFailures)
	}
}
