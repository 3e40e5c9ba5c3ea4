package yamlfile

import (
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)`)

// unquoted finds the first ${VAR} without quotes inside { } or [ ], where YAML takes
// its brace for the begin of another mapping, and says something else of some line
// above. It is the name only: a default may be a secret.
func unquoted(lines []string) (at Place, name string, found bool) {
	depth := 0
	var quote byte // 0: outside of quotes
	for i, line := range lines {
		before := byte(' ')
		for j := 0; j < len(line); j++ {
			c := line[j]
			begins := strings.IndexByte(" \t:,[{-", before) >= 0 // a value, as far as one can tell
			switch {
			case quote != 0:
				if c == '\\' && quote == '"' {
					j++
				} else if c == quote {
					quote = 0
				}
			case (c == '"' || c == '\'') && begins:
				quote = c
			case c == '#' && (before == ' ' || before == '\t'):
				j = len(line)
			case strings.HasPrefix(line[j:], "${"):
				if m := variableName.FindStringSubmatch(line[j:]); m != nil && depth > 0 {
					return Place{i + 1, j + 1}, m[1], true
				}
				if end := strings.IndexByte(line[j:], '}'); end > 0 {
					j += end
				}
			case (c == '{' || c == '[') && begins:
				depth++
			case (c == '}' || c == ']') && depth > 0:
				depth--
			}
			before = c
		}
	}
	return at, "", false
}
