package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/apigw/apigwtest"
	"github.com/maru-chat/maru/internal/chat"
)

// actions are what each function does with the table and with connections, by
// IAM's names. The names of the latter end in the method, which IAM has in the
// resource.
type actions map[string]map[string]bool

func (a actions) add(function, action string) {
	if a[function] == nil {
		a[function] = map[string]bool{}
	}
	a[function][action] = true
}

// addCall adds what a request to the table does.
func (a actions) addCall(r *http.Request, operation string, request map[string]any) {
	function := callerOf(r)
	transacted, isTransaction := request["TransactItems"].([]any)
	if !isTransaction {
		a.add(function, "dynamodb:"+operation)
	}
	for _, action := range transacted {
		does, _ := action.(map[string]any)
		for what := range does {
			a.add(function, transactions[what])
		}
	}
}

// addConnections adds what the function has done with connections, by the
// gateway's counts before and after it ran alone.
func (a actions) addConnections(function string, before, after apigwtest.Counts) {
	for method, requests := range map[string]int{
		http.MethodPost:   after.Posts - before.Posts,
		http.MethodDelete: after.Deletes - before.Deletes,
		http.MethodGet:    after.Gets - before.Gets,
	} {
		if requests > 0 {
			a.add(function, "execute-api:ManageConnections "+method)
		}
	}
}

// transactions maps the parts of a transaction to IAM's actions.
var transactions = map[string]string{
	"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem",
	"ConditionCheck": "dynamodb:ConditionCheckItem",
}

// callerOf returns the function that signed the request: the id of its access
// key is its name.
func callerOf(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	return key
}

// sorted lists the actions of each function in order.
func (a actions) sorted() map[string][]string {
	lists := map[string][]string{}
	for function, does := range a {
		lists[function] = slices.Sorted(maps.Keys(does))
	}
	return lists
}

const actionsFile = "actions.json"

// TestActions makes every function do everything that it does with the table and
// with connections, and compares that with actions.json. The check of the
// template allows each function's role what is in actions.json, and nothing
// else. After a change of what a function does, run the test with -update.
func TestActions(t *testing.T) {
	h := newHome(t)
	tally := &Count{Invocations: map[string]int{}}
	h.errandsOfSocket(t, tally)
	h.errandsOfHTTP(t, tally)
	h.errandsOfPush(t, tally)
	h.errandsOfErase(t, tally)
	h.invoke(t, tally, "operator", object{}, nil)
	h.errandsOfAuthorizer(t, tally)
	seen := h.meter.actions.sorted()
	if *update {
		text, err := json.MarshalIndent(seen, "", "  ")
		must(t, err)
		must(t, os.WriteFile(actionsFile, append(text, '\n'), 0o644))
	}
	raw, err := os.ReadFile(actionsFile)
	must(t, err)
	var held map[string][]string
	must(t, json.Unmarshal(raw, &held))
	if diff := cmp.Diff(held, seen); diff != "" {
		t.Errorf("actions.json differs from what functions do (-held +seen); see the test's comment:\n%s", diff)
	}
}

func (h *home) errandsOfSocket(t *testing.T, tally *Count) {
	t.Helper()
	room, people := h.room(t, 3)
	h.say(t, room, people[1], 1)
	h.say(t, room, people[2], 1)
	h.connect(t, tally, people[0])
	h.send(t, tally, people[0], object{"action": "join", "room": room}, h.message(t, room))
	h.send(t, tally, people[0], object{"action": "hide", "hidden": true})
	h.send(t, tally, people[0], object{"action": "presence", "room": room})
	h.disconnect(t, tally, people[0])
	h.connectOneTooMany(t, tally)
}

// connectOneTooMany has a person open a connection for which their oldest one is
// closed.
func (h *home) connectOneTooMany(t *testing.T, tally *Count) {
	t.Helper()
	const mostOfAUser = 20 // MARU_SOCKETS_PER_USER, unless set
	room, people := h.room(t, 1)
	for range mostOfAUser {
		h.listen(t, room, &person{id: people[0].id, conn: newConn(), since: time.Now().Add(-time.Minute)})
	}
	h.connect(t, tally, &person{id: people[0].id, token: people[0].token, conn: newConn(), since: time.Now()})
}

func (h *home) errandsOfHTTP(t *testing.T, tally *Count) {
	t.Helper()
	room, people := h.room(t, 3)
	h.roomOf(t, people)
	h.get(t, tally, people[1], "/rooms", nil)
	write := object{"id": newEntryID(), "since": h.head(t, room).String()}
	h.request(t, tally, people[1], http.MethodPost, "/rooms/"+string(room)+"/leave", nil, write)
	secret, err := h.service.OfferOperator(t.Context())
	must(t, err)
	_, err = h.service.ClaimOperator(t.Context(), people[0].id, secret)
	must(t, err)
	h.request(t, tally, people[0], http.MethodPut, "/bans/"+string(people[2].id), nil, object{})
}

// errandsOfPush pushes entries of one author and of two in a classic room, whose
// names the function reads, and pushes to a connection that has ended.
func (h *home) errandsOfPush(t *testing.T, tally *Count) {
	t.Helper()
	room, err := chat.ClassicRoom("lobby")
	must(t, err)
	p := h.person(t)
	say := func(authors ...string) {
		for _, author := range authors {
			h.request(t, tally, p, http.MethodPut, "/chat", nil,
				object{"room_id": "lobby", "user_id": author, "name": author, "text": words})
		}
	}
	say("mina", "amy") // the first time, they join
	h.crowd(t, room, maxDirect)
	gone := &person{id: p.id, conn: newConn(), since: time.Now().Add(-time.Hour)}
	h.listen(t, room, gone)
	h.gateway.Vanish(gone.conn)
	say("mina")
	h.pushFromStream(t, tally, 1)
	h.crowd(t, room, 1)
	say("mina", "amy")
	h.pushFromStream(t, tally, 2)
}

func (h *home) errandsOfErase(t *testing.T, tally *Count) {
	t.Helper()
	room, people := h.room(t, 1)
	h.say(t, room, people[0], 3)
	_, err := h.service.DeleteRoom(t.Context(), people[0].id, chat.Write{Room: room, ID: newEntryID(), Since: h.head(t, room)})
	must(t, err)
	h.invoke(t, tally, "erase", object{"Records": h.stream.next(t, 1, ofErase)}, nil)
}

// errandsOfAuthorizer must come last: it makes a new key, which invalidates every
// token.
func (h *home) errandsOfAuthorizer(t *testing.T, tally *Count) {
	t.Helper()
	p := h.person(t)
	h.connect(t, tally, p)
	_, err := connect(h.endpoint).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &h.table, Key: map[string]types.AttributeValue{"pk": text("S#"), "sk": text("KEY")},
	})
	must(t, err)
	h.functions["authorizer"] = h.start(t, "authorizer")
	question, err := json.Marshal(questionOf(connectEvent(p)))
	must(t, err)
	if _, err := h.functions["authorizer"].Invoke(t.Context(), question); err == nil {
		t.Error("a token of another key is accepted")
	}
}
