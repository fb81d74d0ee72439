package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/maru-chat/maru/internal/chat"
)

// function opens a function on the table that all tests share.
func function(t *testing.T, handler string) lambda.Handler {
	t.Helper()
	openStore(t)
	f, err := open(reader(settings(handler, local.server.Endpoint())),
		connectors{table: connectTable, sockets: connectSockets}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// request has the http function answer, and reads the body of a success.
func request(t *testing.T, f lambda.Handler, method, path, token, body string, into any) (status int) {
	t.Helper()
	event, err := json.Marshal(map[string]any{
		"version": "2.0", "rawPath": path, "body": body,
		"headers":        map[string]string{"authorization": token, "content-type": "application/json"},
		"requestContext": map[string]any{"http": map[string]string{"method": method, "sourceIp": "192.0.2.1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f.Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode == 200 && into != nil {
		if err := json.Unmarshal([]byte(answer.Body), into); err != nil {
			t.Fatalf("%v in %s", err, answer.Body)
		}
	}
	if answer.StatusCode >= 500 {
		t.Errorf("%s %s: %s", method, path, answer.Body)
	}
	return answer.StatusCode
}

// signedIn is what POST /session answers.
type signedIn struct {
	Token string
	User  struct {
		ID         string
		IsOperator bool `json:"operator"`
	}
}

func signIn(t *testing.T, f lambda.Handler) signedIn {
	t.Helper()
	var s signedIn
	if status := request(t, f, "POST", "/session", "", `{"name":"Mina"}`, &s); status != 200 {
		t.Fatalf("POST /session: %d", status)
	}
	return s
}

func connectEvent(token string) []byte {
	return fmt.Appendf(nil, `{"methodArn":"arn/prod/$connect","headers":{"Origin":"https://chat.example.org",`+
		`"Sec-WebSocket-Protocol":"maru.v1, bearer.%s"}}`, token)
}

func TestHome(t *testing.T) {
	t.Parallel()

	t.Run("a token of one function opens a socket by another, and lasts", func(t *testing.T) {
		t.Parallel()
		mina := signIn(t, function(t, "http"))
		answer, err := function(t, "authorizer").Invoke(t.Context(), connectEvent(mina.Token))
		if err != nil || !strings.Contains(string(answer), `"Allow"`) || !strings.Contains(string(answer), mina.User.ID) {
			t.Errorf("authorizer: %s, %v; want Allow for %s", answer, err, mina.User.ID)
		}
		var again signedIn
		if status := request(t, function(t, "http"), "GET", "/session", "Bearer "+mina.Token, "", &again); status != 200 {
			t.Errorf("GET /session by a new process: %d", status)
		}
		if _, err := function(t, "authorizer").Invoke(t.Context(), connectEvent(mina.Token+"x")); err == nil || err.Error() != "Unauthorized" {
			t.Errorf("authorizer of a forged token: %v, want Unauthorized", err)
		}
	})

	t.Run("the operator's link makes an operator, once", func(t *testing.T) {
		t.Parallel()
		raw, err := function(t, "operator").Invoke(t.Context(), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		var link operatorLink
		if err := json.Unmarshal(raw, &link); err != nil {
			t.Fatal(err)
		}
		secret, isLink := strings.CutPrefix(link.Link, "https://chat.example.org/#operator=")
		if !isLink || secret == "" {
			t.Fatalf("the link is %q", link.Link)
		}
		api := function(t, "http")
		mina, jun := signIn(t, api), signIn(t, api)
		if status := request(t, api, "POST", "/operator", "Bearer "+mina.Token, `{"code":"`+secret+`"}`, &mina.User); status != 200 || !mina.User.IsOperator {
			t.Errorf("POST /operator: %d, %+v", status, mina.User)
		}
		if status := request(t, api, "POST", "/operator", "Bearer "+jun.Token, `{"code":"`+secret+`"}`, nil); status != 404 {
			t.Errorf("POST /operator again: %d, want 404", status)
		}
	})

	t.Run("a message of the classic API is kept and marked as read by its author", func(t *testing.T) {
		t.Parallel()
		api := function(t, "http")
		put := `{"room_id":"lobby","text":"안녕","user_id":7,"name":"Mina"}`
		if status := request(t, api, "PUT", "/dev/chat", "", put, nil); status != 200 {
			t.Fatalf("PUT /dev/chat: %d", status)
		}
		var messages []struct{ Message string }
		event := `{"rawPath":"/chat","rawQueryString":"room_id=lobby","requestContext":{"http":{"method":"GET","sourceIp":"192.0.2.1"}}}`
		raw, err := function(t, "http").Invoke(t.Context(), []byte(event))
		var answer struct{ Body string }
		if err := errors.Join(err, json.Unmarshal(raw, &answer), json.Unmarshal([]byte(answer.Body), &messages)); err != nil {
			t.Fatalf("GET /chat: %v in %s", err, raw)
		}
		if len(messages) != 1 || messages[0].Message != "안녕" {
			t.Errorf("GET /chat by a new process: %s", answer.Body)
		}
		room, err := chat.ClassicRoom("lobby")
		if err != nil {
			t.Fatal(err)
		}
		user, err := chat.ClassicUser("7")
		if err != nil {
			t.Fatal(err)
		}
		if marks, err := openStore(t).Marks(t.Context(), user); err != nil || marks[room].Posts != 1 {
			t.Errorf("the author's marks are %v, %v; want one post read", marks, err)
		}
	})
}
