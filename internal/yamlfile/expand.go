package yamlfile

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An expansion is how a value with ${VAR} was written.
type expansion struct {
	written string
	unset   []string // variables without a value or a default
}

// why says what made the value empty.
func (e expansion) why() string {
	var names []string
	for _, name := range e.unset {
		names = append(names, "${"+name+"}")
	}
	if len(names) == 1 {
		return names[0] + " is not set"
	}
	return strings.Join(names, " and ") + " are not set"
}

var (
	reference = regexp.MustCompile(`\$\$|\$\{[^}]*\}?`)
	variable  = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\}$`)
)

// expand replaces ${VAR} and ${VAR:-default} in a value; $$ is a $. It works on
// the parsed value, so that nothing in the environment can change the file's
// structure, and the result is text, so that a token of digits stays one: see
// Document.retype.
func (d *Document) expand(n *yaml.Node, path []string) {
	if d.options.Variable == nil || !strings.Contains(n.Value, "$") {
		return
	}
	e := expansion{written: n.Value}
	fromEnv := false
	n.Value = reference.ReplaceAllStringFunc(n.Value, func(ref string) string {
		if ref == "$$" {
			return "$"
		}
		m := variable.FindStringSubmatch(ref)
		if m == nil {
			// Not quoted: a password may hold "${".
			d.Report(PlaceOf(n), path, "a ${ begins no ${VAR} or ${VAR:-default}: write $$ for a $")
			return ref
		}
		fromEnv = true
		value, err := d.options.Variable(m[1])
		switch {
		case err != nil:
			d.Report(PlaceOf(n), path, "%s", err)
		case value != "":
			return value
		case !strings.Contains(ref, ":-") && !slices.Contains(e.unset, m[1]):
			e.unset = append(e.unset, m[1])
		}
		return m[2]
	})
	if fromEnv {
		n.Tag = "!!str"
		d.expanded[n] = e
	}
}
