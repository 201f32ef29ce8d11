package gatewright_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

// wantCode fails the test unless err is an Error with the given code and a
// message, or nil for "".
func wantCode(t *testing.T, err error, code gatewright.Code) {
	t.Helper()
	if got := gatewright.CodeOf(err); got != code {
		t.Fatalf("error is %v (code %q), want code %q", err, got, code)
	}
	if err != nil && err.Error() == "" {
		t.Fatal("the error says nothing")
	}
}

// accepted is the code wanted from a check: none when it is to pass.
func accepted(ok bool) gatewright.Code {
	if ok {
		return ""
	}
	return gatewright.Invalid
}

// fill sets everything below v to something other than zero, so that tests
// over all members notice members added later.
func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(noon))
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes([]byte(`{"a":1}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("s")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7.5)
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic("fill: no rule for " + v.Kind().String())
	}
}

// filled returns a T with nothing zero in it.
func filled[T any]() T {
	var v T
	fill(reflect.ValueOf(&v).Elem())
	return v
}

// eachLeaf alters every string, number, flag and slice length below v, one at
// a time, calls visit with its name, and puts it back.
func eachLeaf(v reflect.Value, name string, visit func(name string)) {
	alter := func(set func()) {
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		set()
		visit(name)
		v.Set(old)
	}
	if at, ok := v.Interface().(time.Time); ok {
		alter(func() { v.Set(reflect.ValueOf(at.Add(time.Second))) })
		return
	}
	if _, ok := v.Interface().(json.RawMessage); ok {
		alter(func() { v.SetBytes([]byte(`{"a":2}`)) })
		return
	}
	switch v.Kind() {
	case reflect.String:
		alter(func() { v.SetString(v.String() + "'") })
	case reflect.Bool:
		alter(func() { v.SetBool(!v.Bool()) })
	case reflect.Int, reflect.Int64:
		alter(func() { v.SetInt(v.Int() + 1) })
	case reflect.Float64:
		alter(func() { v.SetFloat(v.Float() + 1) })
	case reflect.Uint8:
		alter(func() { v.SetUint(v.Uint() + 1) })
	case reflect.Pointer:
		eachLeaf(v.Elem(), name, visit)
		alter(func() { v.SetZero() })
	case reflect.Slice:
		alter(func() { v.Set(v.Slice(0, v.Len()-1)) })
		for i := range v.Len() {
			eachLeaf(v.Index(i), name+"[]", visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachLeaf(v.Field(i), name+"."+v.Type().Field(i).Name, visit)
		}
	default:
		panic("eachLeaf: no rule for " + v.Kind().String())
	}
}

// sharedMemory returns the names of the slices, maps and pointers below a that
// b holds too.
func sharedMemory(a, b reflect.Value, name string) []string {
	var shared []string
	if a.Type() == reflect.TypeFor[time.Time]() {
		return nil // its location is shared and never changes
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.Pointer() == b.Pointer() {
			shared = append(shared, name)
		}
		shared = append(shared, sharedMemory(a.Elem(), b.Elem(), name)...)
	case reflect.Map:
		if a.Pointer() == b.Pointer() {
			shared = append(shared, name)
		}
	case reflect.Slice:
		if a.Pointer() == b.Pointer() {
			shared = append(shared, name)
		}
		for i := range a.Len() {
			shared = append(shared, sharedMemory(a.Index(i), b.Index(i), name+"[]")...)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			shared = append(shared, sharedMemory(a.Field(i), b.Field(i), name+"."+a.Type().Field(i).Name)...)
		}
	}
	return shared
}
