// Package draft writes a declaration from Alibaba Cloud's public metadata of an operation.
//
// The metadata's form is that of the OpenAPI Explorer's api.json
// (https://api.aliyun.com/meta/v1/products/Sas/versions/2018-12-03/apis/ListAgentlessTask/api.json):
// parameters and the answer, each with a JSON schema.
package draft

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An Operation is the metadata of one. Product, Version and Name are missing in the answer
// of the service that has them in its address.
type Operation struct {
	Product, Version, Style, Name string

	Path          string // of a ROA operation
	OperationType string // read, write, readAndWrite or none; empty: it is not told
	Deprecated    bool
	Summary       string
	Parameters    []Parameter
	Responses     map[string]struct{ Schema *Schema }
}

// A Parameter is one of the request.
type Parameter struct {
	Name, In, Style string // Style: repeatList or json, where it takes many values
	Schema          Schema
}

// A Schema describes a value.
type Schema struct {
	Type, Format       string
	Title, Description string
	Example            text
	Required           bool
	Enum               []text
	EnumValueTitles    fields[string]
	Properties         properties
	Items              *Schema
}

// text is a scalar of the metadata: example values may be texts, numbers or booleans.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	*t = text(s)
	return nil
}

// fields are an object's, in its order.
type fields[T any] []field[T]

type field[T any] struct {
	Name  string
	Value T
}

func (f *fields[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return err // null, or [] for none
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		one := field[T]{Name: fmt.Sprint(name)}
		if err := d.Decode(&one.Value); err != nil {
			return err
		}
		*f = append(*f, one)
	}
	return nil
}

// properties are the fields of an object whose names can be of a path. What others hold
// is kept in extra.
type properties struct{ fields[*Schema] }

func (p *properties) UnmarshalJSON(b []byte) error {
	err := p.fields.UnmarshalJSON(b)
	p.fields = slices.DeleteFunc(p.fields, func(f field[*Schema]) bool { return f.Value == nil || !fieldName.MatchString(f.Name) })
	return err
}

var (
	fieldName     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	parameterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)
)

// Parse reads the metadata of an operation.
func Parse(b []byte) (*Operation, error) {
	var o Operation
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fmt.Errorf("this is no metadata of an operation: %w", err)
	}
	if o.Parameters == nil && o.Responses == nil {
		return nil, fmt.Errorf("this is no metadata of an operation: it has neither parameters nor responses")
	}
	return &o, nil
}

// A RefusedError says why an operation cannot be declared.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return "it cannot be declared: " + e.Why }

func refused(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// writes begin the names of operations that change something.
var writes = []string{
	"Add", "Apply", "Attach", "Authorize", "Bind", "Cancel", "Change", "Create", "Delete", "Detach", "Disable", "Enable", "Execute", "Export",
	"Generate", "Handle", "Ignore", "Import", "Install", "Invoke", "Modify", "Operate", "Pause", "Publish", "Put", "Reboot", "Refresh", "Register",
	"Release", "Remove", "Renew", "Replace", "Reset", "Restart", "Resume", "Rollback", "Run", "Save", "Send", "Set", "Start", "Stop", "Submit",
	"Tag", "Terminate", "Trigger", "Unbind", "Uninstall", "Untag", "Update", "Upgrade", "Upload", "Verify",
}

// judge refuses what no declaration can say.
func (o *Operation) judge() error {
	if strings.EqualFold(o.Style, "ROA") || strings.Trim(o.Path, "/") != "" {
		return refused("%s is a ROA operation, which has a path of its own. syncer calls operations of RPC style", o.Name)
	}
	if o.OperationType == "write" || o.OperationType == "readAndWrite" {
		return refused("%s changes something, by its metadata (operationType %s). syncer only reads", o.Name, o.OperationType)
	}
	if i := slices.IndexFunc(writes, func(verb string) bool { return startsWord(o.Name, verb) }); i >= 0 && o.OperationType == "" {
		return refused("%s seems to change or to start something, as its name begins with %s. syncer only reads", o.Name, writes[i])
	}
	for _, p := range o.Parameters {
		if p.Schema.Required && !parameterName.MatchString(p.Name) {
			return refused("its parameter %q has no name that a request can have", p.Name)
		}
		if p.Schema.Required && (p.In == "body" || p.In == "path" || p.In == "formData") {
			return refused("its parameter %s goes in the request's %s. syncer sends parameters in the query", p.Name, p.In)
		}
	}
	if o.answer() == nil {
		return refused("its metadata does not say what it answers")
	}
	return nil
}

// startsWord tells whether a name in camel case begins with a word.
func startsWord(name, word string) bool {
	rest, ok := strings.CutPrefix(name, word)
	return ok && rest != "" && (rest[0] < 'a' || rest[0] > 'z')
}

func (o *Operation) answer() *Schema {
	s := o.Responses["200"].Schema
	if s == nil || len(s.Properties.fields) == 0 {
		return nil
	}
	return s
}

// parameter finds one by any of several names.
func (o *Operation) parameter(names ...string) (Parameter, bool) {
	for _, name := range names {
		if i := slices.IndexFunc(o.Parameters, func(p Parameter) bool { return strings.EqualFold(p.Name, name) }); i >= 0 {
			return o.Parameters[i], true
		}
	}
	return Parameter{}, false
}
