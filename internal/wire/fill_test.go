package wire_test

import (
	"reflect"
	"strconv"

	"github.com/maru-chat/maru/internal/wire"
)

// fill sets every field of the struct that v points to, and of nested structs, so
// that a field which an encoding forgets does not look like an empty one.
func fill(v any) { fillValue(reflect.ValueOf(v).Elem(), 1) }

func fillValue(v reflect.Value, n int) {
	if v.Type() == reflect.TypeFor[wire.Cursor]() {
		v.Set(reflect.ValueOf(wire.Cursor{Seq: 7, Tag: "0123abcd"}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("s" + strconv.Itoa(n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillValue(v.Index(0), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillValue(key, n)
		fillValue(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), n+i)
		}
	default:
		panic("no way to fill a " + v.Kind().String())
	}
}
