package draft

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// write is the declaration as a file has it.
func (d *draft) write() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	ask := func(indent string, questions ...string) {
		for _, q := range questions {
			line("%s# ? %s", indent, oneLine(q))
		}
	}
	line("# Drafted from Alibaba Cloud's metadata of %s.", oneLine(d.Product+" "+d.Name))
	line("# Lines with a question mark say what it does not tell, or what might be otherwise.")
	line("")
	line("name: %s", d.source)
	line("doc: %s", quoted(fmt.Sprintf("One row per %s%s.", d.one(), d.summary())))
	line("")
	line("api:")
	line("  product: %s", quoted(d.Product))
	line("  version: %s", quoted(d.Version))
	line("  action: %s", quoted(d.Name))
	line("  ram_action: %s", quoted(d.ramAction()))
	ask("  ", "ram_action: the page of the API names it, where it is another one")
	line("  page: %s", quoted(fmt.Sprintf("https://api.aliyun.com/api/%s/%s/%s", d.Product, d.Version, d.Name)))
	switch d.regions() {
	case "security_center":
		line("  endpoint: tds.{centre}.aliyuncs.com")
	case "oos":
		line("  endpoint: oos.{region}.aliyuncs.com")
	default:
		ask("  ", fmt.Sprintf("endpoint: where it is not %s.{region}.aliyuncs.com", strings.ToLower(d.Product)))
	}
	line("regions: %s", d.regions())
	if strings.HasPrefix(d.regions(), "[") {
		ask("", "regions: those where you have anything, such as [cn-hangzhou, cn-beijing]")
	}
	line(`schedule: "0 * * * *"`)
	line("")
	ask("", d.questions.pager...)
	line("pager:%s", spaced(d.pager))
	if d.items != "" {
		line("items: %s", quoted(d.items))
	}
	if len(d.otherItems) > 0 {
		ask("", "items: the answer also holds "+strings.Join(d.otherItems, ", "))
	}
	if len(d.key) > 0 {
		line("key: [%s]", strings.Join(d.key, ", "))
		question := "key: are there two rows with the same? syncer sources try tells"
		if len(d.keys) > 0 {
			question += ". Others that might be of it: " + strings.Join(d.keys, ", ")
		}
		ask("", question)
	}
	line("")
	line("columns:")
	for _, c := range d.columns {
		line("  %s:", c.name)
		if c.field != "" {
			line("    field: %s", quoted(c.field))
		}
		line("    type: %s", c.typ)
		if c.zone != "" {
			line("    zone: %s", c.zone)
		}
		if len(c.labels) > 0 {
			line("    labels: {%s}", strings.Join(c.labels, ", "))
		}
		ask("    ", c.questions...)
		line("    doc: %s", quoted(c.doc))
	}
	line("")
	line("sweeps:")
	line("  all:")
	for i, p := range d.params {
		if i == 0 {
			line("    params:")
		}
		line("      %s: %s", quoted(p.name), quoted(p.values[0]))
		if p.question != "" {
			ask("      ", p.name+": "+p.question)
		}
	}
	indent := "    "
	for _, p := range d.each {
		line("%s", indent+"each:")
		indent += "  "
		line("%sparam: %s", indent, quoted(p.name))
		line("%scolumn: %s", indent, p.column)
		if p.from != "" {
			line("%sfrom: %s", indent, p.from)
		} else {
			var values []string
			for _, v := range p.values {
				values = append(values, quoted(v))
			}
			line("%svalues: [%s]", indent, strings.Join(values, ", "))
		}
		if p.question != "" {
			ask(indent, p.question)
		}
	}
	if len(d.left) > 0 {
		ask("    ", "params: others that the API takes: "+strings.Join(d.left, ", "))
	}
	line("    absent: ends")
	ask("    ", "absent: keeps, if the API only shows what happened lately")
	return b.String()
}

// spaced puts a space before a value that stands on the line of its key.
func spaced(value string) string {
	if strings.HasPrefix(value, "\n") {
		return value
	}
	return " " + value
}

// one is what a row is.
func (d *draft) one() string {
	if len(d.key) == 0 {
		return "account and region"
	}
	var parts []string
	for _, name := range d.key {
		i := slices.IndexFunc(d.columns, func(c column) bool { return c.name == name })
		parts = append(parts, cmp.Or(d.columns[i].field, name))
	}
	return strings.Join(parts, " and ")
}

func (d *draft) summary() string {
	said := strings.TrimRight(strings.Join(strings.Fields(markup.ReplaceAllString(d.Summary, "")), " "), ".。")
	if said == "" {
		return ", as " + d.Name + " answers it"
	}
	return ": " + said
}

func (d *draft) ramAction() string {
	product := strings.ToLower(d.Product)
	if product == "sas" {
		product = "yundun-sas"
	}
	return product + ":" + d.Name
}

// quoted is a text as YAML writes it on one line, also within brackets.
func quoted(s string) string {
	s = oneLine(s)
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if !bare.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	b, err := yaml.Marshal(&n) // which quotes what would be no text, such as null
	if err != nil {
		return `""`
	}
	return strings.TrimSuffix(string(b), "\n")
}

var bare = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_. -]*[A-Za-z0-9.])?$`)

// oneLine is a text without line breaks, nor other characters that YAML does not take as
// they are.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
