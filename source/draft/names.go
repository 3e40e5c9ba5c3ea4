package draft

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"syncer/source"
)

// verbs begin the names of operations that read.
var verbs = []string{"Describe", "List", "Get", "Query", "Search", "Find", "BatchGet", "Fetch"}

// words are written out, where the API shortens them.
var words = map[string]string{"vul": "vulnerability", "vuls": "vulnerabilities", "susp": "suspicious", "cnt": "count"}

// noun is what an operation is about: ListPatchBaselines is about PatchBaselines.
func noun(action string) string {
	for _, verb := range verbs {
		if startsWord(action, verb) {
			action = strings.TrimPrefix(action, verb)
			break
		}
	}
	for _, suffix := range []string{"List", "Page", "Infos", "Info"} {
		if rest := strings.TrimSuffix(action, suffix); rest != "" {
			action = rest
		}
	}
	return action
}

// sourceName is a table's name for an operation, which no other source has.
func sourceName(action string, known []*source.Source) string {
	parts := strings.Split(snake(noun(action)), "_")
	for i, p := range parts {
		if word, ok := words[p]; ok {
			parts[i] = word
		}
	}
	parts[len(parts)-1] = plural(parts[len(parts)-1])
	name := strings.Join(parts, "_")
	if len(name) > 40 {
		name = strings.TrimRight(name[:40], "_")
	}
	for !usable(name, known) && len(name) < 40 {
		name = "cloud_" + name
	}
	return name
}

func usable(name string, known []*source.Source) bool {
	_, taken := source.ByName(known, name)
	return !taken && source.CheckName(name) == nil
}

func plural(word string) string {
	switch {
	case strings.HasSuffix(word, "us"), strings.HasSuffix(word, "ss"):
		return word + "es"
	case strings.HasSuffix(word, "s"):
		return word
	case strings.HasSuffix(word, "y") && len(word) > 1 && !strings.ContainsAny(word[len(word)-2:len(word)-1], "aeiou"):
		return word[:len(word)-1] + "ies"
	case strings.HasSuffix(word, "x"), strings.HasSuffix(word, "ch"), strings.HasSuffix(word, "sh"):
		return word + "es"
	}
	return word + "s"
}

// snake is a name in camel case in lower case, its words joined: KBId is kb_id.
func snake(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > unicode.MaxASCII:
			b.WriteByte('_')
			continue
		case unicode.IsUpper(r) && i > 0:
			before := letters[i-1]
			after := i+1 < len(letters) && unicode.IsLower(letters[i+1])
			if unicode.IsLower(before) || unicode.IsDigit(before) || unicode.IsUpper(before) && after {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	s := strings.Trim(underscores.ReplaceAllString(b.String(), "_"), "_")
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		s = strings.TrimRight("x_"+s, "_")
	}
	return s
}

var underscores = regexp.MustCompile(`_+`)

// participles are what times are called by.
var participles = map[string]string{
	"create": "created", "creation": "created", "expiration": "expires", "update": "updated", "modify": "modified", "modified": "modified", "start": "started", "end": "ended", "finish": "finished",
	"install": "installed", "expire": "expires", "expired": "expired", "delete": "deleted", "release": "released", "publish": "published", "check": "checked",
	"upgrade": "upgraded", "login": "logged_in", "scan": "scanned", "begin": "began", "open": "opened", "deal": "dealt", "repair": "repaired",
}

var timeSuffix = regexp.MustCompile(`_(time|timestamp|time_stamp|ts|date)$`)

// columnName is a name for a field that no other column has.
func (d *draft) columnName(field, typ string) string {
	name := snake(field)
	if typ == "millis" || typ == "iso_time" || typ == "local_time" {
		name = timeSuffix.ReplaceAllString(name, "")
		parts := strings.Split(name, "_")
		if word, ok := participles[parts[len(parts)-1]]; ok {
			parts[len(parts)-1] = word
		}
		name = strings.TrimSuffix(strings.Join(parts, "_"), "_at") + "_at"
	}
	fits := func(name string) bool {
		taken := slices.ContainsFunc(d.columns, func(c column) bool { return c.name == name || c.name+"_label" == name || c.name == name+"_label" })
		return !taken && source.CheckColumn(name) == nil
	}
	name = cut(name, longest)
	for _, try := range []string{name, cut("item_"+name, longest), cut(name, longest-len("_value")) + "_value"} {
		if fits(try) {
			return try
		}
	}
	for n := 2; ; n++ {
		suffix := "_" + strconv.Itoa(n)
		if try := cut(name, longest-len(suffix)) + suffix; fits(try) {
			return try
		}
	}
}

// longest is how long a column's name may be, in letters.
const longest = 50

func cut(name string, most int) string { return strings.TrimRight(name[:min(len(name), most)], "_") }
