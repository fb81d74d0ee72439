package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/maru-chat/maru/internal/wire"
)

// model is what the Go types say, in the order of the documentation.
type model struct {
	client  []object
	server  []object
	shared  []object // the structs inside frames
	bodies  []object // of HTTP requests and answers
	entry   object   // an entry of any kind
	kinds   []kind
	comment comments
}

// object is one struct.
type object struct {
	name   string // of the Go type
	doc    string
	label  string // the action or type of a frame; "" for shared objects
	fields []property
}

// property is one field of an object, embedded ones included.
type property struct {
	name       string
	doc        string
	goType     reflect.Type
	isRequired bool
}

// kind is one kind of entry: its own fields.
type kind struct {
	name   string
	fields []property
}

func readModel(root string) (*model, error) {
	docs, err := readComments(root, "internal/wire", "internal/httpapi")
	if err != nil {
		return nil, err
	}
	m := &model{comment: docs}
	seen := map[reflect.Type]bool{}
	for _, f := range wire.ClientFrames() {
		m.client = append(m.client, m.frame(reflect.TypeOf(f).Elem(), f.Action(), seen))
	}
	for _, f := range wire.ServerFrames() {
		m.server = append(m.server, m.frame(reflect.TypeOf(f).Elem(), f.Type(), seen))
	}
	slices.SortFunc(m.shared, func(a, b object) int { return strings.Compare(a.name, b.name) })
	i := slices.IndexFunc(m.shared, func(o object) bool { return o.name == "Entry" })
	if i < 0 {
		return nil, fmt.Errorf("no frame holds an Entry")
	}
	m.entry = m.shared[i]
	for _, t := range bodies {
		m.bodies = append(m.bodies, m.object(t))
	}
	return m, m.addKinds()
}

func (m *model) frame(t reflect.Type, label string, seen map[reflect.Type]bool) object {
	o := m.object(t)
	o.label = label
	m.share(o.fields, seen)
	return o
}

func (m *model) object(t reflect.Type) object {
	o := object{name: t.Name(), doc: m.comment[t.String()]}
	for _, f := range reflect.VisibleFields(t) {
		tag, isTagged := f.Tag.Lookup("json")
		if !isTagged {
			continue
		}
		owner := t
		for _, i := range f.Index[:len(f.Index)-1] {
			owner = owner.Field(i).Type
		}
		doc := m.comment[owner.String()+"."+f.Name]
		if said := f.Tag.Get("doc"); said != "" {
			doc = said
		}
		name, options, _ := strings.Cut(tag, ",")
		o.fields = append(o.fields, property{name: name, doc: doc, goType: f.Type, isRequired: options == ""})
	}
	return o
}

// share collects the structs inside fields.
func (m *model) share(fields []property, seen map[reflect.Type]bool) {
	for _, f := range fields {
		t := f.goType
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || scalars[t] != nil || seen[t] {
			continue
		}
		seen[t] = true
		o := m.object(t)
		m.shared = append(m.shared, o)
		m.share(o.fields, seen)
	}
}

// addKinds selects the entry's fields of each kind.
func (m *model) addKinds() error {
	for name, fields := range wire.Kinds() {
		k := kind{name: string(name)}
		for i, list := range [][]string{fields.Has, fields.MayHave} {
			for _, field := range list {
				at := slices.IndexFunc(m.entry.fields, func(p property) bool { return p.name == field })
				if at < 0 {
					return fmt.Errorf("kind %s has an unknown field %s", name, field)
				}
				p := m.entry.fields[at]
				p.isRequired = i == 0
				k.fields = append(k.fields, p)
			}
		}
		m.kinds = append(m.kinds, k)
	}
	slices.SortFunc(m.kinds, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return nil
}
