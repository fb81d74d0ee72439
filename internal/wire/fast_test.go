package wire

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// draw sets each field of a struct, and of structs in it, to some value, often to
// none.
func draw(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			draw(t, v.Field(i))
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a점\"\\<&\n\x00\x7f\u2028\U0001F44D")))).Draw(t, "text"))
	case reflect.Int64:
		v.SetInt(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64()).Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "is set") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, "length"), 2))
		for i := range v.Len() {
			draw(t, v.Index(i))
		}
	default:
		t.Fatalf("no way to draw a %s", v.Type())
	}
}

// reflected is what encoding/json makes of a frame.
func reflected(f ServerFrame) string {
	w := writers.New().(*writer)
	body := string(w.json(f))
	if body == "{}" {
		return `{"type":"` + f.Type() + `"}`
	}
	return `{"type":"` + f.Type() + `",` + body[1:]
}

func TestEncode_asEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, f := range []ServerFrame{new(EntryAppended), new(Ack)} {
		t.Run(f.Type(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				f := reflect.New(reflect.TypeOf(f).Elem())
				draw(t, f.Elem())
				frame := f.Interface().(ServerFrame)
				if got, want := string(Encode(frame)), reflected(frame); got != want {
					t.Errorf("encoded\n%s\nwant\n%s", got, want)
				}
			})
		})
	}
}

func TestEncode_invalidUTF8(t *testing.T) {
	t.Parallel()
	frame := &Ack{Room: "a\xff"}
	if got, want := string(Encode(frame)), reflected(frame); got != want {
		t.Errorf("encoded %s, want %s", got, want)
	}
}
