package gatewright

import (
	"slices"
	"strings"
	"time"
)

// Limits of a data API.
const (
	MaxScriptTables  = 10 // logical tables of a script (a rule of DataLeap)
	MaxNativeTables  = 5  // that a caller's SQL may read (a rule of DataLeap)
	MaxScriptBytes   = 64 << 10
	MaxDataParams    = 200
	MaxDataColumns   = 2000
	MaxExampleLength = 200 // characters of an example, a default, a description (a rule of DataLeap)
	MaxFragmentTexts = 100 // that an enumerated fragment may be
	DefaultCacheTime = 600 * time.Second
	MaxCacheTime     = 24 * time.Hour
	DefaultDataRows  = 1000 // of one answer, when neither API nor group says
	MaxDataRows      = 10_000_000
)

// DataMode says how a data API comes to its SQL.
type DataMode string

// The modes of a data API.
const (
	DataScript DataMode = "script" // SQL the author has written, plain or dynamic
	DataWizard DataMode = "wizard" // made of parameters and columns over one table
	DataNative DataMode = "native" // SQL the caller sends, over the tables selected
)

// DataFormat is the form of the rows in the data service's own answers.
type DataFormat string

// The formats of rows.
const (
	DataJSON        DataFormat = "JSON"        // objects
	DataJSONCompact DataFormat = "JSONCompact" // arrays
)

// CacheMode says how long results are kept.
type CacheMode string

// The modes of a result cache.
const (
	CacheSystem CacheMode = ""       // for [DefaultCacheTime]
	CacheCustom CacheMode = "custom" // for DataDefinition.CacheTime
	CacheOff    CacheMode = "off"    // every call asks the database
)

// DataDefinition is what is versioned of a data API. The source and the tables
// are named; which database they are is the group's.
type DataDefinition struct {
	Mode      DataMode     `json:"mode"`
	Source    string       `json:"source"`            // name of a data source
	Dialect   Dialect      `json:"dialect,omitempty"` // the source must have; "" is whatever it has
	Tables    []DataTable  `json:"tables"`
	Script    string       `json:"script,omitempty"` // of a script: SQL, or dynamic SQL in <select>
	Params    []DataParam  `json:"params,omitempty"`
	Columns   []DataColumn `json:"columns,omitempty"` // that are returned, in this order; none for native
	Format    DataFormat   `json:"format,omitempty"`  // "" is DataJSON
	Cache     CacheMode    `json:"cache,omitempty"`
	CacheTime Duration     `json:"cacheTime,omitempty"`
	Paging    bool         `json:"paging,omitempty"` // of a wizard: pageNum and pageSize are parameters
}

// DataTable is a logical table an API reads, with the fields it uses as they
// were when it was written: a group whose table lacks one of them, or has it
// with another type, cannot run the API.
type DataTable struct {
	Name   string      `json:"name"`
	Fields []DataField `json:"fields,omitempty"` // none for native: all the table has
}

// DataField is a field of a logical table as an API uses it.
type DataField struct {
	Name     string        `json:"name"`
	Type     DataType      `json:"type"`
	Security SecurityLevel `json:"security,omitempty"`
}

// Operator compares a field with a parameter.
type Operator string

// The operators.
const (
	OpEqual          Operator = "="
	OpNotEqual       Operator = "!="
	OpGreater        Operator = ">"
	OpLess           Operator = "<"
	OpGreaterOrEqual Operator = ">="
	OpLessOrEqual    Operator = "<="
	OpLike           Operator = "LIKE"
	OpNotLike        Operator = "NOT LIKE"
	OpIn             Operator = "IN"
	OpNotIn          Operator = "NOT IN"
)

// Operators lists all operators.
func Operators() []Operator {
	return []Operator{OpEqual, OpLike, OpIn, OpNotIn, OpNotLike, OpNotEqual, OpGreater, OpLess, OpGreaterOrEqual, OpLessOrEqual}
}

// Fragment says what text a parameter may stand for where it is written as
// ${name}; "" is none: the parameter can only be bound as a value.
type Fragment string

// The fragments.
const (
	FragmentNone           Fragment = ""
	FragmentIdentifier     Fragment = "identifier"      // a field of the API's tables
	FragmentIdentifierList Fragment = "identifier-list" // several, with commas
	FragmentSort           Fragment = "sort"            // fields with asc or desc
	FragmentInteger        Fragment = "integer"
	FragmentIntegerList    Fragment = "integer-list"
	FragmentEnum           Fragment = "enum" // one of DataParam.Texts
)

// DataParam is a parameter of a request.
type DataParam struct {
	Name        string        `json:"name"`            // unique in its API
	Field       string        `json:"field,omitempty"` // it is compared with: "orders.id"; "" for none
	Type        DataType      `json:"type"`
	Operator    Operator      `json:"operator,omitempty"` // "" is OpEqual
	Optional    bool          `json:"optional,omitempty"`
	Example     string        `json:"example,omitempty"` // as JSON or bare text; "" is none
	Default     string        `json:"default,omitempty"` // of an absent parameter; "" is none
	Security    SecurityLevel `json:"security,omitempty"`
	Description string        `json:"description,omitempty"`
	Fragment    Fragment      `json:"fragment,omitempty"`
	Texts       []string      `json:"texts,omitempty"` // of FragmentEnum
}

// SortOrder is the order in which a column sorts a result.
type SortOrder string

// The orders.
const (
	SortNone       SortOrder = ""
	SortAscending  SortOrder = "asc"
	SortDescending SortOrder = "desc"
)

// DataColumn is a column of a result.
type DataColumn struct {
	Name        string        `json:"name"`            // unique in its API
	Field       string        `json:"field,omitempty"` // it shows: "orders.id"; "" for a computed one
	Type        DataType      `json:"type"`
	Sort        SortOrder     `json:"sort,omitempty"` // several sort in the order of the columns
	Optional    bool          `json:"optional,omitempty"`
	Example     string        `json:"example,omitempty"`
	Default     string        `json:"default,omitempty"` // shown instead of null
	Security    SecurityLevel `json:"security,omitempty"`
	Description string        `json:"description,omitempty"`
}

// Parameters of every API with paging.
const (
	ParamPageNum  = "pageNum"
	ParamPageSize = "pageSize"
)

// Param returns the parameter of that name, nil when there is none.
func (d *DataDefinition) Param(name string) *DataParam {
	i := slices.IndexFunc(d.Params, func(p DataParam) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &d.Params[i]
}

// Dynamic reports whether the script is dynamic SQL.
func (d *DataDefinition) Dynamic() bool {
	s := strings.TrimSpace(d.Script)
	return len(s) >= len("<select>") && strings.EqualFold(s[:len("<select")], "<select")
}

// CacheFor returns how long a result may be kept; 0 is not at all.
func (d *DataDefinition) CacheFor() time.Duration {
	switch d.Cache {
	case CacheOff:
		return 0
	case CacheCustom:
		return time.Duration(d.CacheTime)
	}
	return DefaultCacheTime
}

// Field finds "table.field", or a field that only one of the tables has.
func (d *DataDefinition) Field(name string) (*DataField, error) {
	table, field, qualified := strings.Cut(name, ".")
	if !qualified {
		field = name
	}
	var found *DataField
	for i := range d.Tables {
		t := &d.Tables[i]
		if qualified && t.Name != table {
			continue
		}
		for j := range t.Fields {
			if t.Fields[j].Name != field {
				continue
			}
			if found != nil {
				return nil, FieldErrorf("field", "field %q is in several tables; write table.field", name)
			}
			found = &t.Fields[j]
		}
	}
	if found == nil {
		return nil, FieldErrorf("field", "field %q is in none of the API's tables", name)
	}
	return found, nil
}

// Validate checks the definition's form. What its SQL reads, and whether a
// group has the tables, is not asked here.
func (d *DataDefinition) Validate() error {
	if err := CheckSourceName(d.Source); err != nil {
		return err
	}
	if d.Dialect != "" {
		if err := d.Dialect.Validate(); err != nil {
			return err
		}
	}
	if err := d.checkMode(); err != nil {
		return err
	}
	switch d.Format {
	case "", DataJSON, DataJSONCompact:
	default:
		return FieldErrorf("format", "format %q is neither %s nor %s", d.Format, DataJSON, DataJSONCompact)
	}
	if err := d.checkCache(); err != nil {
		return err
	}
	if err := d.checkTables(); err != nil {
		return err
	}
	if err := d.checkParams(); err != nil {
		return err
	}
	return d.checkColumns()
}

func (d *DataDefinition) checkMode() error {
	limit := MaxScriptTables
	switch d.Mode {
	case DataScript:
		if strings.TrimSpace(d.Script) == "" {
			return FieldErrorf("script", "a script API needs its SQL")
		}
		if len(d.Script) > MaxScriptBytes {
			return FieldErrorf("script", "the script has %d bytes; at most %d are allowed", len(d.Script), MaxScriptBytes)
		}
	case DataWizard:
		if len(d.Columns) == 0 {
			return FieldErrorf("columns", "a wizard API returns at least one column")
		}
		limit = 1
	case DataNative:
		if len(d.Params)+len(d.Columns) > 0 {
			return FieldErrorf("params", "a native API has neither parameters nor columns; the caller's SQL says both")
		}
		limit = MaxNativeTables
	default:
		return FieldErrorf("mode", "mode %q is not one of script, wizard and native", d.Mode)
	}
	if d.Mode != DataScript && d.Script != "" {
		return FieldErrorf("script", "only a script API has a script")
	}
	if d.Mode != DataWizard && d.Paging {
		return FieldErrorf("paging", "only a wizard API has the paging switch; a script writes pageNum and pageSize into its SQL")
	}
	if n := len(d.Tables); n == 0 || n > limit {
		return FieldErrorf("tables", "a %s API reads 1 to %d logical tables, not %d", d.Mode, limit, n)
	}
	return nil
}

func (d *DataDefinition) checkCache() error {
	switch d.Cache {
	case CacheSystem, CacheOff:
		if d.CacheTime != 0 {
			return FieldErrorf("cacheTime", "a cache time goes with cache %q", CacheCustom)
		}
	case CacheCustom:
		if t := time.Duration(d.CacheTime); t < time.Second || t > MaxCacheTime {
			return FieldErrorf("cacheTime", "cache time %s is not between 1s and %s", t, MaxCacheTime)
		}
	default:
		return FieldErrorf("cache", "cache %q is neither \"\" (%s), %q nor %q", d.Cache, DefaultCacheTime, CacheCustom, CacheOff)
	}
	return nil
}

func (d *DataDefinition) checkTables() error {
	for i := range d.Tables {
		t := &d.Tables[i]
		if err := CheckFieldName("table", t.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(d.Tables[:i], func(o DataTable) bool { return strings.EqualFold(o.Name, t.Name) }) {
			return FieldErrorf("tables", "table %s is listed twice", t.Name)
		}
		if len(t.Fields) > MaxTableFields {
			return FieldErrorf("tables", "table %s has %d fields; at most %d are allowed", t.Name, len(t.Fields), MaxTableFields)
		}
		for j := range t.Fields {
			f := &t.Fields[j]
			if err := CheckFieldName("field", f.Name); err != nil {
				return err
			}
			if err := f.Type.Validate(); err != nil {
				return err
			}
			if err := checkLevel(f.Security); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *DataDefinition) checkParams() error {
	if len(d.Params) > MaxDataParams {
		return FieldErrorf("params", "%d parameters; at most %d are allowed", len(d.Params), MaxDataParams)
	}
	for i := range d.Params {
		p := &d.Params[i]
		if err := CheckFieldName("parameter", p.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(d.Params[:i], func(o DataParam) bool { return o.Name == p.Name }) {
			return FieldErrorf("params", "two parameters are named %s", p.Name)
		}
		if d.Paging && (p.Name == ParamPageNum || p.Name == ParamPageSize) {
			return FieldErrorf("params", "parameter %s belongs to paging; name it otherwise or switch paging off", p.Name)
		}
		if err := p.validate(d); err != nil {
			return err
		}
	}
	return nil
}

func (p *DataParam) validate(d *DataDefinition) error {
	if err := p.Type.Validate(); err != nil {
		return err
	}
	if p.Operator != "" && !slices.Contains(Operators(), p.Operator) {
		return FieldErrorf("operator", "parameter %s: operator %q is not one of the ten", p.Name, p.Operator)
	}
	if p.Field == "" && d.Mode == DataWizard {
		return FieldErrorf("params", "parameter %s of a wizard API is compared with no field", p.Name)
	}
	if p.Field != "" {
		if _, err := d.Field(p.Field); err != nil {
			return err
		}
	}
	switch p.Fragment {
	case FragmentNone, FragmentIdentifier, FragmentIdentifierList, FragmentSort, FragmentInteger, FragmentIntegerList:
		if len(p.Texts) > 0 {
			return FieldErrorf("texts", "parameter %s lists texts, which belong to fragment %q", p.Name, FragmentEnum)
		}
	case FragmentEnum:
		if len(p.Texts) == 0 || len(p.Texts) > MaxFragmentTexts {
			return FieldErrorf("texts", "parameter %s lists %d texts, not 1 to %d", p.Name, len(p.Texts), MaxFragmentTexts)
		}
	default:
		return FieldErrorf("fragment", "parameter %s: fragment %q is not known", p.Name, p.Fragment)
	}
	if p.Fragment != FragmentNone && d.Mode != DataScript {
		return FieldErrorf("fragment", "parameter %s: only a script has fragments", p.Name)
	}
	if err := checkLevel(p.Security); err != nil {
		return err
	}
	return checkTexts(p.Example, p.Default, p.Description)
}

func (d *DataDefinition) checkColumns() error {
	if len(d.Columns) > MaxDataColumns {
		return FieldErrorf("columns", "%d columns; at most %d are allowed", len(d.Columns), MaxDataColumns)
	}
	named := make(map[string]bool, len(d.Columns))
	for i := range d.Columns {
		c := &d.Columns[i]
		if err := CheckFieldName("column", c.Name); err != nil {
			return err
		}
		if named[c.Name] {
			return FieldErrorf("columns", "two columns are named %s", c.Name)
		}
		named[c.Name] = true
		if err := c.Type.Validate(); err != nil {
			return err
		}
		if c.Field == "" && d.Mode == DataWizard {
			return FieldErrorf("columns", "column %s of a wizard API shows no field", c.Name)
		}
		if c.Field != "" {
			if _, err := d.Field(c.Field); err != nil {
				return err
			}
		}
		switch c.Sort {
		case SortNone, SortAscending, SortDescending:
		default:
			return FieldErrorf("sort", "column %s: sort %q is neither asc nor desc", c.Name, c.Sort)
		}
		if err := checkLevel(c.Security); err != nil {
			return err
		}
		if err := checkTexts(c.Example, c.Default, c.Description); err != nil {
			return err
		}
	}
	return nil
}

func checkLevel(l SecurityLevel) error {
	if l == "" {
		return nil
	}
	return l.Validate()
}

// checkTexts checks what people write about a parameter or column.
func checkTexts(example, value, description string) error {
	for _, t := range []struct{ field, text string }{{"example", example}, {"default", value}, {"description", description}} {
		if err := CheckText(t.field, t.text, MaxExampleLength); err != nil {
			return err
		}
	}
	return nil
}
