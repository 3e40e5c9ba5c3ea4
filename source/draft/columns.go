package draft

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// findColumns makes columns of the item's fields.
func (d *draft) findColumns() {
	for _, f := range d.item.Properties.fields {
		if d.object && d.items == "" && isOne(ofCall, f.Name) {
			continue
		}
		d.addColumn(f.Name, f.Value)
	}
}

// mostInner is how many scalars an object may have for each to become a column.
const mostInner = 8

func (d *draft) addColumn(field string, s *Schema) {
	called := field // by which the column is called
	if _, inner, ok := strings.Cut(field, "."); ok && strings.Contains(snake(inner), "_") {
		called = inner
	}
	scalars := len(s.Properties.fields) > 0 && len(s.Properties.fields) <= mostInner
	for _, inner := range s.Properties.fields {
		scalars = scalars && len(inner.Value.Properties.fields) == 0 && inner.Value.Type != "array"
	}
	switch {
	case scalars && s.Type != "array":
		for _, inner := range s.Properties.fields {
			d.addColumn(field+"."+inner.Name, inner.Value)
		}
		return
	case len(s.Properties.fields) == 1 && s.Properties.fields[0].Value.Type == "array":
		called = field
		field, s = field+"."+s.Properties.fields[0].Name, s.Properties.fields[0].Value // Tags.Tag
	}
	c := column{field: field, doc: d.meaning(field, s)}
	c.typ, c.zone, c.questions = columnType(field, s)
	for _, l := range s.EnumValueTitles {
		code := l.Name
		whole := c.typ == "integer" && integers.MatchString(code)
		if seen := slices.ContainsFunc(c.labels, func(s string) bool { return strings.HasPrefix(s, quoted(code)+": ") }); !seen && (whole || c.typ == "text") && oneLine(l.Value) != "" {
			c.labels = append(c.labels, quoted(l.Name)+": "+quoted(l.Value))
		}
	}
	if len(c.labels) == 0 && len(s.Enum) > 0 {
		c.questions = append(c.questions, "labels: its values are "+strings.Join(plain(s.Enum), ", "))
	}
	c.name = d.columnName(called, c.typ)
	if moves.MatchString(c.name) {
		c.questions = append(c.questions, "volatile: true, if it changes at nearly every call and is no news")
	}
	d.columns = append(d.columns, c)
}

func plain(list []text) (texts []string) {
	for _, t := range list {
		texts = append(texts, string(t))
	}
	return texts
}

// moves are columns that may change without news.
var moves = regexp.MustCompile(`(^|_)(last|latest|update|updated|heartbeat|seen|online|login|modified|checked|progress|now|current)(_|$)`)

var (
	isoTime   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)$`)
	localTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
	millis    = regexp.MustCompile(`^1\d{12}$`)
	seconds   = regexp.MustCompile(`^1\d{9}$`)
	integers  = regexp.MustCompile(`^(0|-?[1-9]\d{0,17})$`)
	digits    = regexp.MustCompile(`^\d+$`)
	timeName  = regexp.MustCompile(`(Time|Timestamp|Ts|Date|TimeStamp|At|Create|Created|Modified)$`)
	countName = regexp.MustCompile(`(Count|Num|Number|Size|Total)$`)
)

// columnType is the type of a column, by the schema and the example of its field.
func columnType(field string, s *Schema) (typ, zone string, questions []string) {
	example := string(s.Example)
	switch s.Type {
	case "boolean":
		return "boolean", "", nil
	case "number":
		return "number", "", nil
	case "array", "object":
		return "json", "", nil
	case "integer":
		switch {
		case timeName.MatchString(field) && millis.MatchString(example):
			return "millis", "", nil
		case timeName.MatchString(field) && seconds.MatchString(example):
			return "integer", "", []string{"the example is a time in seconds since 1970, which no type takes as a time"}
		case timeName.MatchString(field) && s.Format == "int64" && !digits.MatchString(example):
			return "integer", "", []string{"type: millis, if it is a time in milliseconds since 1970"}
		}
		return "integer", "", nil
	}
	switch {
	case isoTime.MatchString(example):
		return "iso_time", "", nil
	case localTime.MatchString(example):
		return "local_time", "Asia/Shanghai", []string{"zone: the API's page may say which"}
	case timeName.MatchString(field) && millis.MatchString(example):
		return "millis", "", nil
	case strings.HasPrefix(example, "http://") || strings.HasPrefix(example, "https://"):
		return "url", "", nil
	case strings.HasPrefix(example, "{") || strings.HasPrefix(example, "["):
		return "json", "", nil
	case countName.MatchString(field) && digits.MatchString(example):
		return "integer", "", nil
	}
	return "text", "", nil
}

// most is how long a meaning may be, in letters.
const most = 300

// meaning is what the metadata says of a field, in a sentence.
func (d *draft) meaning(field string, s *Schema) string {
	said := cmp.Or(strings.TrimSpace(s.Description), strings.TrimSpace(s.Title))
	said, _, _ = strings.Cut(said, "\n")
	said = strings.Join(strings.Fields(markup.ReplaceAllString(said, "")), " ")
	said = strings.TrimRight(oneLine(listing.ReplaceAllString(said, "")), ". ")
	if said == "" {
		return "What the API calls " + field + "."
	}
	if r := []rune(said); len(r) > most {
		said = strings.TrimSpace(string(r[:most]))
	}
	return said + "."
}

// listing begins a list of values, which labels are for.
var listing = regexp.MustCompile(`(?i)\s*(valid|possible) values?:?\s*$`)

var markup = regexp.MustCompile("[*`<>]|\\[|\\]\\([^)]*\\)")
