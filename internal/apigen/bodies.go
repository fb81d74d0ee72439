package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/maru-chat/maru/internal/httpapi"
	"github.com/maru-chat/maru/internal/wire"
)

// bodies are the named types of HTTP requests and answers that no frame holds;
// a test compares them with what the routes describe.
var bodies = []reflect.Type{
	reflect.TypeFor[wire.Ack](),
	reflect.TypeFor[httpapi.Code](),
	reflect.TypeFor[httpapi.Config](),
	reflect.TypeFor[wire.EntriesListed](),
	reflect.TypeFor[httpapi.Field](),
	reflect.TypeFor[httpapi.Found](),
	reflect.TypeFor[httpapi.FoundPost](),
	reflect.TypeFor[httpapi.HistoryPage](),
	reflect.TypeFor[httpapi.Invite](),
	reflect.TypeFor[httpapi.InvitePreview](),
	reflect.TypeFor[httpapi.Limits](),
	reflect.TypeFor[httpapi.Member](),
	reflect.TypeFor[httpapi.MemberList](),
	reflect.TypeFor[httpapi.Mention](),
	reflect.TypeFor[httpapi.MentionList](),
	reflect.TypeFor[httpapi.Nothing](),
	reflect.TypeFor[httpapi.Problem](),
	reflect.TypeFor[httpapi.ReactionList](),
	reflect.TypeFor[httpapi.Reactor](),
	reflect.TypeFor[httpapi.RoomList](),
	reflect.TypeFor[wire.RoomView](),
	reflect.TypeFor[httpapi.Session](),
	reflect.TypeFor[httpapi.Status](),
	reflect.TypeFor[httpapi.User](),
	reflect.TypeFor[httpapi.Write](),
}

// typeScriptBodies declares the bodies and lists them by the names that
// openapi.yaml gives them.
func (m *model) typeScriptBodies() []byte {
	text := &tsWriter{}
	for _, o := range m.bodies {
		text.object(o.name+"Body", "", o.doc, o.fields)
	}
	text.doc("", "Bodies by the names that api/openapi.yaml gives them.")
	text.linef("export interface Bodies {")
	for _, o := range m.bodies {
		text.linef("  readonly %s: %sBody;", o.name, o.name)
	}
	text.linef("}")

	w := &tsWriter{}
	w.linef("// %s", notice)
	w.linef("")
	w.linef("import type { %s } from \"./frames.ts\";", strings.Join(m.usedByBodies(), ", "))
	w.linef("")
	w.Write(text.Bytes())
	return w.Bytes()
}

// usedByBodies lists the types of frames.ts that bodies refer to.
func (m *model) usedByBodies() []string {
	var used []string
	for _, o := range m.bodies {
		for _, f := range o.fields {
			t := f.goType
			for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
				t = t.Elem()
			}
			isBasic := t.PkgPath() == ""
			if !isBasic && !slices.Contains(bodies, t) {
				used = append(used, t.Name())
			}
		}
	}
	slices.Sort(used)
	return slices.Compact(used)
}
