package gatewright

import (
	"reflect"
	"strings"
)

// DataBasePath begins the base paths of data APIs: "/data/orders".
const DataBasePath = "/data"

// DataRoute is the name of the one route of a data API.
const DataRoute = "query"

// Routes returns the routes of a data API: requests go to the base path
// itself. A native one takes no GET, as it needs the caller's SQL.
func (d *DataDefinition) Routes() []Route {
	methods := []string{"GET", "POST"}
	if d.Mode == DataNative {
		methods = []string{"POST"}
	}
	return []Route{{Name: DataRoute, Methods: methods, Path: ""}}
}

// CheckDataPath reports whether base can be the base path of a data API: it is
// canonical, below [DataBasePath], and says itself what it means.
func CheckDataPath(base string) error {
	canonical, err := CanonicalBasePath(base)
	if err != nil {
		return err
	}
	if canonical != base {
		return FieldErrorf("basePath", "base path %q is not canonical; write %q", base, canonical)
	}
	rest, below := strings.CutPrefix(base, DataBasePath+"/")
	if !below || rest == "" {
		return FieldErrorf("basePath", "base path %q of an API of data is not below %s; write one like %s/orders", base, DataBasePath, DataBasePath)
	}
	template, err := ParseTemplate(base)
	if err != nil {
		return err
	}
	for _, s := range template.Segments {
		if s.Kind != SegmentLiteral {
			return FieldErrorf("basePath", "base path %q of an API of data has a parameter or a *; parameters are sent in the query or the body", base)
		}
	}
	return nil
}

// checkData adds what is wrong with the content of a data API.
func (d *Definition) checkData(add func(subject, format string, args ...any)) {
	if d.Data == nil {
		add("data", "there is none; an API of data says what it reads")
		return
	}
	if err := d.Data.Validate(); err != nil {
		add(errorSubject(err, "data"), "%s", err)
	}
	if err := CheckDataPath(d.BasePath); err != nil {
		add("base path", "%s", err)
	}
	if !reflect.DeepEqual(d.Routes, d.Data.Routes()) {
		add("routes", "they are not those that follow from its data")
	}
	for _, extra := range []struct {
		name string
		set  bool
	}{{"host", d.Host != ""}, {"x-google-endpoints", d.Endpoints != nil}, {"allowCORS", d.AllowCORS}} {
		if extra.set {
			add(extra.name, "an API of data has none: its document is made from its data")
		}
	}
}

// errorSubject returns the field that err is about, other when it names none.
func errorSubject(err error, other string) string {
	if e := AsError(err); e.Field != "" {
		return e.Field
	}
	return other
}

// Reads returns the keys of the group resources that a data API needs where it
// runs: its source and its tables. Other definitions need none of these.
func (d *Definition) Reads() []Key {
	if d.Data == nil {
		return nil
	}
	keys := []Key{SourceKey(d.Data.Source)}
	for i := range d.Data.Tables {
		keys = append(keys, TableKey(d.Data.Tables[i].Name))
	}
	return keys
}
