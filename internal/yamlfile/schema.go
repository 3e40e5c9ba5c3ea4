package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// A Schema says what may be written in a kind of file. Beside the standard's keywords it
// has errorMessage, which VS Code shows as we do: what is wrong with a value, after the
// value, and what was expected.
type Schema struct {
	// Foreign reports a key that is unknown where it stands, if it knows more to say of it
	// than that. Optional.
	Foreign func(d *Document, at []string, key string) bool

	compiled *jsonschema.Schema
	tree     any
}

// NewSchema reads a schema of our own: it panics where it is none. Formats check what
// JSON Schema has no words for; their errors add to the schema's errorMessage. The empty
// text is minLength's affair.
func NewSchema(name string, text []byte, formats map[string]func(string) error) *Schema {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for format, check := range formats {
		c.RegisterFormat(&jsonschema.Format{Name: format, Validate: func(v any) error {
			if s, ok := v.(string); ok && s != "" {
				return check(s)
			}
			return nil // type's and minLength's affair
		}})
	}
	if err := c.AddResource(name, tree); err != nil {
		panic(err)
	}
	return &Schema{compiled: c.MustCompile(name), tree: tree}
}

// Validate reports everything in which a document does not fit the schema. It is false
// where the document cannot be read at all.
func (s *Schema) Validate(d *Document) bool {
	leaves, ok := s.check(d)
	// What the environment gave is text until something else is wanted of it.
	retyped := false
	for _, e := range leaves {
		if k, ok := e.ErrorKind.(*kind.Type); ok {
			retyped = d.retype(e.InstanceLocation, k.Want) || retyped
		}
	}
	if retyped {
		leaves, ok = s.check(d)
	}
	for _, e := range leaves {
		s.explain(d, e)
	}
	return ok
}

// check gives the schema's errors, without those that only sum up others.
func (s *Schema) check(d *Document) (leaves []*jsonschema.ValidationError, ok bool) {
	var value any
	if err := d.Root.Decode(&value); err != nil {
		// Not a matter of types, which all fit: aliases that explode, or merge no maps.
		d.syntaxProblem(err, nil)
		return nil, false
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(s.compiled.Validate(withoutNulls(value)), &invalid) {
		return nil, true
	}
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			leaves = append(leaves, e)
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(invalid)
	return leaves, true
}

// withoutNulls drops keys without a value: they say nothing.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				v[key] = withoutNulls(value)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

// retype lets an expanded value be the number or truth value that is wanted.
func (d *Document) retype(path, want []string) bool {
	n := d.Scalar(path)
	if n == nil || d.expanded[n].written == "" {
		return false
	}
	text := *n
	text.Tag, text.Style = "", 0
	if unlimited.MatchString(text.Value) {
		return false
	}
	tags := map[string]string{"!!int": "integer", "!!float": "number", "!!bool": "boolean"}
	got := tags[text.ShortTag()]
	if got == "integer" && slices.Contains(want, "number") {
		got = "number"
	}
	if !slices.Contains(want, got) {
		return false
	}
	n.Tag, n.Style = text.ShortTag(), 0
	return true
}

// explain turns an error of the schema into a problem for people.
func (s *Schema) explain(d *Document, e *jsonschema.ValidationError) {
	at := e.InstanceLocation
	rule := s.Rule(e.SchemaURL)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			if s.Foreign != nil && s.Foreign(d, at, key) {
				continue
			}
			known, _ := rule["properties"].(map[string]any)
			d.UnknownKey(at, key, "setting", slices.Collect(maps.Keys(known)))
		}
	case *kind.Required:
		for _, key := range k.Missing {
			path := Below(at, key)
			d.Report(d.Place(path), path, "is missing")
		}
	case *kind.MinLength:
		reason := ""
		if n := d.Scalar(at); n != nil && len(d.expanded[n].unset) > 0 {
			reason = ": " + d.expanded[n].why()
		}
		d.Report(d.Place(at), at, "is empty%s", reason)
	case *kind.Type:
		what := "is not " + wanted(k)
		if message, ok := rule["errorMessage"].(string); ok {
			what = message
		}
		d.Report(d.Place(at), at, "%s %s", d.describe(at, k.Got), what)
	case *kind.Minimum:
		d.Report(d.Place(at), at, "%s is too small: expected %s or more", d.Quote(at), k.Want.RatString())
	case *kind.ExclusiveMinimum:
		d.Report(d.Place(at), at, "%s is too small: expected more than %s", d.Quote(at), k.Want.RatString())
	case *kind.Maximum:
		d.Report(d.Place(at), at, "%s is too large: expected %s or less", d.Quote(at), k.Want.RatString())
	case *kind.MinItems:
		d.Report(d.Place(at), at, "is an empty list")
	case *kind.UniqueItems:
		path := Below(at, strconv.Itoa(k.Duplicates[1]))
		d.Report(d.Place(path), path, "%s is in the list twice", d.Quote(path))
	default:
		d.Report(d.Place(at), at, "%s %s", d.Quote(at), d.expected(e, rule))
	}
}

// expected says what a value should have been, in the schema's own words where
// it has some.
func (d *Document) expected(e *jsonschema.ValidationError, rule map[string]any) string {
	message, _ := rule["errorMessage"].(string)
	switch k := e.ErrorKind.(type) {
	case *kind.Enum:
		if message == "" {
			words := strings.Fields(strings.Trim(fmt.Sprint(k.Want), "[]"))
			message = "is not known: expected one of " + strings.Join(words, ", ")
		}
	case *kind.Format:
		// The detail may repeat the value.
		n := d.Scalar(e.InstanceLocation)
		if detail := k.Err.Error(); detail != "" && n != nil && d.expanded[n].written == "" {
			message += " (" + detail + ")"
		}
	}
	if message == "" {
		message = "does not fit the schema" // a keyword that this file does not know
	}
	return message
}

// describe shows a value that is of another type than expected.
func (d *Document) describe(at []string, got string) string {
	switch got {
	case "object":
		return "a map"
	case "array":
		return "a list"
	case "null":
		return "an empty value"
	}
	return d.Quote(at)
}

func wanted(k *kind.Type) string {
	switch want := k.Want[0]; want {
	case "string":
		if k.Got == "number" || k.Got == "integer" || k.Got == "boolean" {
			return "text: put it in quotes"
		}
		return "text"
	case "integer":
		return "a whole number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list: expected [a, b], or lines that begin with -"
	case "object":
		return "a map: expected lines of key: value"
	default:
		return "a " + want
	}
}

// Rule is the part of the schema that an error's URL points to.
func (s *Schema) Rule(url string) map[string]any {
	_, pointer, _ := strings.Cut(url, "#")
	at := s.tree
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := at.(type) {
		case map[string]any:
			if step != "" {
				at = v[step]
			}
		case []any:
			i, _ := strconv.Atoi(step)
			at = v[i]
		}
	}
	rule, _ := at.(map[string]any)
	return rule
}

// UnknownKey reports a key, and the known one that was likely meant.
func (d *Document) UnknownKey(parent []string, key, kind string, known []string) {
	at := Below(parent, key)
	hint := ""
	if near := Nearest(key, known); near != "" {
		hint = fmt.Sprintf("did you mean %s? ", near)
	}
	d.Report(d.KeyPlace(at), at, "there is no such %s: %sexpected one of %s", kind, hint, strings.Join(slices.Sorted(slices.Values(known)), ", "))
}
