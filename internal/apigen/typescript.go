package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
	"github.com/maru-chat/maru/internal/wire"
)

// aliases are the named scalars of the TypeScript types, in order.
var aliases = []struct {
	goType reflect.Type
	text   string
	doc    string
}{
	{reflect.TypeFor[chat.RoomID](), "string", "Names a room."},
	{reflect.TypeFor[chat.UserID](), "string", "Names a user."},
	{reflect.TypeFor[chat.EntryID](), "string", "An author's own name for an entry."},
	{reflect.TypeFor[chat.Seq](), "number", "Numbers the entries of a room from 1."},
	{reflect.TypeFor[wire.Millis](), "number", "Milliseconds since 1970-01-01 UTC."},
	{reflect.TypeFor[wire.Cursor](), "string", `A place in a room's log: "seq.tag", or "0" before entry 1.`},
	{reflect.TypeFor[chat.Role](), union(names(roles)), "What a member may do."},
	{reflect.TypeFor[chat.Visibility](), union(names(visibilities)), "Who may find and read a room."},
	{reflect.TypeFor[chat.Code](), union(names(chat.Codes)), "What kind of failure an error is."},
}

func union(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(quoted, " | ")
}

// tsType returns the TypeScript type of a field, which is read-only.
func tsType(t reflect.Type) string {
	for _, a := range aliases {
		if a.goType == t {
			return t.Name()
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return tsType(t.Elem())
	case reflect.Slice:
		return "readonly " + tsType(t.Elem()) + "[]"
	case reflect.Map:
		return "Readonly<Record<string, " + tsType(t.Elem()) + ">>"
	case reflect.Struct:
		if slices.Contains(bodies, t) {
			return t.Name() + "Body"
		}
		return t.Name()
	default:
		return tsBasics[t.Kind()]
	}
}

var tsBasics = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "number", reflect.Int64: "number",
}

func writeTypeScript(m *model, files map[string][]byte) error {
	files["web/src/protocol/frames.ts"] = m.typeScript()
	files["web/src/protocol/shapes.ts"] = m.shapes()
	files["web/src/protocol/bodies.ts"] = m.typeScriptBodies()
	return nil
}

// typeScript declares every type.
func (m *model) typeScript() []byte {
	w := &tsWriter{}
	w.linef("// %s", notice)
	w.linef("")
	for _, a := range aliases {
		w.doc("", a.doc)
		w.linef("export type %s = %s;", a.goType.Name(), a.text)
		w.linef("")
	}
	for _, o := range m.shared {
		switch o.name {
		case "Entry":
			m.writeEntries(w)
		case "Post":
			w.object(o.name, "PostedEntry", o.doc, m.without(o.fields))
		default:
			w.object(o.name, "", o.doc, o.fields)
		}
	}
	for _, o := range m.client {
		w.frame("action", o)
	}
	w.union("ClientFrame", "What a client sends.", frameNames(m.client))
	for _, o := range m.server {
		w.frame("type", o)
	}
	w.union("ServerFrame", "What the server sends.", frameNames(m.server))
	return w.Bytes()
}

// writeEntries declares the fields of all entries, each kind, and their union.
func (m *model) writeEntries(w *tsWriter) {
	base := m.base()
	w.object("EntryBase", "", "What every entry has.", base)
	var all []string
	for _, k := range m.kinds {
		name := camel(k.name) + "Entry"
		all = append(all, name)
		w.linef("export interface %s extends EntryBase {", name)
		w.linef("  readonly kind: %q;", k.name)
		w.fields(k.fields)
		w.linef("}")
		w.linef("")
	}
	w.union("Entry", m.entry.doc, all)
}

// base are the fields of every entry but its kind.
func (m *model) base() []property {
	var base []property
	for _, f := range m.entry.fields {
		if f.isRequired && f.name != "kind" {
			base = append(base, f)
		}
	}
	return base
}

// without drops the fields that an entry has.
func (m *model) without(fields []property) []property {
	ofEntry := map[string]bool{}
	for _, f := range m.entry.fields {
		ofEntry[f.name] = true
	}
	var own []property
	for _, f := range fields {
		if !ofEntry[f.name] {
			own = append(own, f)
		}
	}
	return own
}

func camel(name string) string {
	var out strings.Builder
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '.' }) {
		out.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return out.String()
}

func frameNames(frames []object) []string {
	out := make([]string, len(frames))
	for i, o := range frames {
		out[i] = o.name + "Frame"
	}
	return out
}

type tsWriter struct{ bytes.Buffer }

func (w *tsWriter) linef(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *tsWriter) doc(indent, text string) {
	if text != "" {
		w.linef("%s/** %s */", indent, text)
	}
}

func (w *tsWriter) object(name, base, doc string, fields []property) {
	w.doc("", doc)
	if base != "" {
		base = " extends " + base
	}
	w.linef("export interface %s%s {", name, base)
	w.fields(fields)
	w.linef("}")
	w.linef("")
}

func (w *tsWriter) frame(key string, o object) {
	w.doc("", o.doc)
	w.linef("export interface %sFrame {", o.name)
	w.linef("  readonly %s: %q;", key, o.label)
	w.fields(o.fields)
	w.linef("}")
	w.linef("")
}

func (w *tsWriter) fields(fields []property) {
	for _, f := range fields {
		w.doc("  ", f.doc)
		mark := "?"
		if f.isRequired {
			mark = ""
		}
		w.linef("  readonly %s%s: %s;", f.name, mark, tsType(f.goType))
	}
}

func (w *tsWriter) union(name, doc string, members []string) {
	w.doc("", doc)
	w.linef("export type %s =\n  | %s;", name, strings.Join(members, "\n  | "))
	w.linef("")
}

// shapes declares the table by which decode.ts checks what it reads: for each
// field its type, with "[]" for a list, "{}" for a record, "?" if it may be absent.
func (m *model) shapes() []byte {
	w := &tsWriter{}
	w.linef("// %s", notice)
	w.linef("")
	w.doc("", `The fields of an object: "string", "number", "boolean" or another object; "[]" a list, "{}" a record, "?" may be absent.`)
	w.linef("export type Shape = Readonly<Record<string, string>>;")
	w.linef("")
	w.table("frames", "The server's frames by type.", m.server, func(o object) string { return o.label })
	w.table("objects", "The objects inside frames.", m.shared, func(o object) string { return o.name })
	w.doc("", "The fields of each kind of entry, besides those of all entries.")
	w.linef("export const kinds: Readonly<Record<string, Shape>> = {")
	for _, k := range m.kinds {
		w.shape(k.name, k.fields)
	}
	w.linef("};")
	return w.Bytes()
}

func (w *tsWriter) table(name, doc string, objects []object, label func(object) string) {
	w.doc("", doc)
	w.linef("export const %s: Readonly<Record<string, Shape>> = {", name)
	for _, o := range objects {
		w.shape(label(o), o.fields)
	}
	w.linef("};")
	w.linef("")
}

func (w *tsWriter) shape(label string, fields []property) {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = fmt.Sprintf("%s: %q", f.name, shapeOf(f))
	}
	if len(parts) == 0 {
		w.linef("  %q: {},", label)
		return
	}
	w.linef("  %q: { %s },", label, strings.Join(parts, ", "))
}

func shapeOf(f property) string {
	suffix := ""
	t := f.goType
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		switch t.Kind() {
		case reflect.Slice:
			suffix += "[]"
		case reflect.Map:
			suffix += "{}"
		}
		t = t.Elem()
	}
	if !f.isRequired {
		suffix += "?"
	}
	name := t.Name()
	if basic := tsBasics[t.Kind()]; basic != "" {
		name = basic
	}
	if t == reflect.TypeFor[wire.Cursor]() {
		name = "string"
	}
	return name + suffix
}
