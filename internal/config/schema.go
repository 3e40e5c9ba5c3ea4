package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// schemaText is what editors use, too. Beside the standard's keywords it has
// errorMessage, which VS Code shows as we do: what is wrong with a value, after
// the value, and what was expected.
//
//go:embed schedule.schema.json
var schemaText []byte

// schema is schemaText, to validate by and to read. It is ours, so it compiles.
var schema, schemaTree = func() (*jsonschema.Schema, any) {
	const name = "schedule.schema.json"
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
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
	return c.MustCompile(name), tree
}()

// validate reports everything in which the document does not fit the schema.
func (d *document) validate() {
	leaves := d.check()
	// What the environment gave is text until something else is wanted of it.
	retyped := false
	for _, e := range leaves {
		if k, ok := e.ErrorKind.(*kind.Type); ok {
			retyped = d.retype(e.InstanceLocation, k.Want) || retyped
		}
	}
	if retyped {
		leaves = d.check()
	}
	for _, e := range leaves {
		d.explain(e)
	}
}

// check gives the schema's errors, without those that only sum up others.
func (d *document) check() []*jsonschema.ValidationError {
	var value any
	if err := d.root.Decode(&value); err != nil {
		// Not a matter of types, which all fit: aliases that explode, or merge no maps.
		d.syntaxProblem(err, nil)
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(schema.Validate(withoutNulls(value)), &invalid) {
		return nil
	}
	var leaves []*jsonschema.ValidationError
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
	return leaves
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
func (d *document) retype(path, want []string) bool {
	n := d.scalar(path)
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
func (d *document) explain(e *jsonschema.ValidationError) {
	at := e.InstanceLocation
	rule := ruleAt(e.SchemaURL)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			if len(at) > 0 && at[len(at)-1] == "credentials" && d.foreignKey(at, key) {
				continue
			}
			known, _ := rule["properties"].(map[string]any)
			d.unknownKey(at, key, "setting", slices.Collect(maps.Keys(known)))
		}
	case *kind.Required:
		for _, key := range k.Missing {
			path := below(at, key)
			d.report(d.place(path), path, "is missing")
		}
	case *kind.MinLength:
		reason := ""
		if n := d.scalar(at); n != nil && len(d.expanded[n].unset) > 0 {
			reason = ": " + d.expanded[n].why()
		}
		d.report(d.place(at), at, "is empty%s", reason)
	case *kind.Type:
		what := "is not " + wanted(k)
		if message, ok := rule["errorMessage"].(string); ok {
			what = message
		}
		d.report(d.place(at), at, "%s %s", d.describe(at, k.Got), what)
	case *kind.Minimum:
		d.report(d.place(at), at, "%s is too small: expected %s or more", d.quote(at), k.Want.RatString())
	case *kind.ExclusiveMinimum:
		d.report(d.place(at), at, "%s is too small: expected more than %s", d.quote(at), k.Want.RatString())
	case *kind.Maximum:
		d.report(d.place(at), at, "%s is too large: expected %s or less", d.quote(at), k.Want.RatString())
	case *kind.UniqueItems:
		path := below(at, strconv.Itoa(k.Duplicates[1]))
		d.report(d.place(path), path, "%s is in the list twice", d.quote(path))
	default:
		d.report(d.place(at), at, "%s %s", d.quote(at), d.expected(e, rule))
	}
}

// expected says what a value should have been, in the schema's own words where
// it has some.
func (d *document) expected(e *jsonschema.ValidationError, rule map[string]any) string {
	message, _ := rule["errorMessage"].(string)
	switch k := e.ErrorKind.(type) {
	case *kind.Enum:
		if message == "" {
			words := strings.Fields(strings.Trim(fmt.Sprint(k.Want), "[]"))
			message = "is not known: expected one of " + strings.Join(words, ", ")
		}
	case *kind.Format:
		// The detail may repeat the value.
		n := d.scalar(e.InstanceLocation)
		if detail := k.Err.Error(); detail != "" && n != nil && d.expanded[n].written == "" {
			message += " (" + detail + ")"
		}
	}
	if message == "" {
		message = "does not fit the schema" // a keyword that this file does not know
	}
	return message
}

// foreignKey reports a key of another type of credentials.
func (d *document) foreignKey(at []string, key string) bool {
	var types []string
	rule := ruleAt("#/definitions/credentials")
	for _, branch := range rule["allOf"].([]any) {
		then := branch.(map[string]any)["then"].(map[string]any)["properties"].(map[string]any)
		if _, ok := then[key]; ok {
			condition := branch.(map[string]any)["if"].(map[string]any)["properties"].(map[string]any)
			types = append(types, condition["type"].(map[string]any)["const"].(string))
		}
	}
	if len(types) == 0 {
		return false
	}
	given := "default, which is meant where no type is given"
	if n := d.scalar(below(at, "type")); n != nil {
		given = n.Value
	}
	path := below(at, key)
	d.report(d.keyPlace(path), path, "is not used by credentials of type %s: it belongs to %s", given, strings.Join(types, ", "))
	return true
}

// describe shows a value that is of another type than expected.
func (d *document) describe(at []string, got string) string {
	switch got {
	case "object":
		return "a map"
	case "array":
		return "a list"
	case "null":
		return "an empty value"
	}
	return d.quote(at)
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

// ruleAt is the part of the schema that an error's URL points to.
func ruleAt(url string) map[string]any {
	_, pointer, _ := strings.Cut(url, "#")
	at := schemaTree
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
