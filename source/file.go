package source

import (
	"time"
	_ "time/tzdata" // declarations name time zones, and minimal images have none

	"go.yaml.in/yaml/v3"

	"syncer/internal/yamlfile"
)

// A file is the shape of a declaration, as source.schema.json describes it.
type file struct {
	Name     string
	Doc      string
	Enabled  *bool
	API      fileAPI
	Regions  texts
	Schedule string
	Pager    filePager
	Items    string
	Key      texts
	Open     conditions
	Columns  pairs[fileColumn]
	Sweeps   pairs[fileSweep]
	EndsWith *Parent `yaml:"ends_with"`
	Stuck    *struct {
		Column string
		After  duration
	}
	Trends pairs[fileTrend]
	Spells pairs[fileSpell]
}

type fileAPI struct {
	Product, Version, Action, Page, Endpoint string

	RAMAction      string  `yaml:"ram_action"`
	CallsPerSecond float64 `yaml:"calls_per_second"`
}

type filePager struct {
	Alone      string         `yaml:"-"` // list or object
	PageNumber *filePageParam `yaml:"page_number"`
	NextToken  *filePageParam `yaml:"next_token"`
	Batches    *filePageParam
	List       *struct{ Total string }
}

type filePageParam struct {
	PageParam   string `yaml:"page_param"`
	TokenParam  string `yaml:"token_param"`
	SizeParam   string `yaml:"size_param"`
	Total, Next string
	Form        word[Form]
	PageSize    int `yaml:"page_size"`
	MaxPageSize int `yaml:"max_page_size"`
}

type fileColumn struct {
	Field               string
	Type                word[Type]
	Zone                zone
	Volatile, Unordered bool
	NullText            string `yaml:"null_text"`
	Labels              pairs[string]
	Doc                 string
}

type fileSweep struct {
	Params, Set map[string]scalar
	Each        *fileEach
	Since       *fileSince
	Absent      word[Absence]
}

type fileEach struct {
	Param, Column string
	Values        texts
	From, Full    []fileValues
	Many          *fileMany
	Rest          *struct {
		Every duration
		Final conditions
	}
	Configured bool
	Each       *fileInner
}

type fileInner struct {
	Param, Column string
	Values        texts
	From          []fileValues
}

type fileValues struct {
	Source        string
	Columns       texts
	Where         conditions
	Open, Touched bool
}

type fileMany struct {
	Param string
	Form  word[Form]
	Most  int
}

type fileSince struct {
	Param    string
	As       word[Type]
	Zone     zone
	Column   string
	Lookback duration
	Older    *struct {
		Keys fileMany
		Else *struct {
			fileMany `yaml:",inline"`
			Column   string
			Values   texts
		}
	}
}

type fileTrend struct {
	Doc      string
	By       texts
	Measures pairs[fileMeasure]
	Chart    *fileChart
}

type fileChart struct {
	Title, Measure, By, Unit string
	Lines                    bool
}

type fileMeasure struct {
	Where      conditions
	OnDay      string `yaml:"on_day"`
	Sum, Value string
	Share      struct{ Of, In string }
	Doc        string
}

type fileSpell struct {
	Doc      string
	Where    conditions
	By, Show texts
	JoinGaps duration `yaml:"join_gaps"`
}

// UnmarshalYAML reads a pager that is one word, or a map.
func (f *filePager) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		f.Alone = n.Value
		return nil
	}
	type plain filePager
	return n.Decode((*plain)(f))
}

// pairs are a map in the order of its file.
type pairs[T any] []pair[T]

type pair[T any] struct {
	name  string
	value T
}

// UnmarshalYAML reads as much of a map as has the right shape: the schema tells the rest.
func (p *pairs[T]) UnmarshalYAML(n *yaml.Node) (err error) {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		e := pair[T]{name: n.Content[i].Value}
		if failed := n.Content[i+1].Decode(&e.value); failed != nil {
			err = failed
		}
		*p = append(*p, e)
	}
	return err
}

// texts are one text, or a list of them.
type texts []string

// UnmarshalYAML reads them as they are written, numbers as well.
func (t *texts) UnmarshalYAML(n *yaml.Node) error {
	*t = scalars(n)
	return nil
}

// A scalar is a text as it is written, be it a number.
type scalar string

// UnmarshalYAML reads it.
func (s *scalar) UnmarshalYAML(n *yaml.Node) error {
	*s = scalar(n.Value)
	return nil
}

// scalars are the values of a list, or the one value that a node is.
func scalars(n *yaml.Node) (list []string) {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	for _, item := range n.Content {
		if n.Kind == yaml.SequenceNode && item.Kind == yaml.ScalarNode {
			list = append(list, item.Value)
		}
	}
	return list
}

type conditions []Condition

// UnmarshalYAML reads a map of columns: see "conditions" of the schema.
func (c *conditions) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		condition, value := Condition{Column: n.Content[i].Value}, n.Content[i+1]
		if not := under(value, "not"); not != nil {
			condition.Not, value = true, not
		}
		if under(value, "above") != nil {
			condition.Above0 = true
		} else {
			condition.In = scalars(value)
		}
		*c = append(*c, condition)
	}
	return nil
}

// under is the value of a map's key; nil: it has none, or is no map.
func under(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

type duration time.Duration

// UnmarshalYAML reads a duration; the schema tells what is none.
func (d *duration) UnmarshalYAML(n *yaml.Node) error {
	parsed, _ := yamlfile.ParseDuration(n.Value)
	*d = duration(parsed)
	return nil
}

type zone struct{ *time.Location }

// UnmarshalYAML reads the name of a time zone; the schema tells what is none.
func (z *zone) UnmarshalYAML(n *yaml.Node) error {
	if l, err := time.LoadLocation(n.Value); err == nil && n.Value != "" && n.Value != "Local" {
		z.Location = l
	}
	return nil
}

// A word is one of a few that the schema lists; zero: it is none of them.
type word[T interface{ of(string) T }] struct{ is T }

// UnmarshalYAML reads a word.
func (w *word[T]) UnmarshalYAML(n *yaml.Node) error {
	w.is = w.is.of(n.Value)
	return nil
}

func (Type) of(s string) Type {
	return map[string]Type{
		"text": Text, "url": URL, "integer": BigInt, "number": Double, "boolean": Bool,
		"millis": Millis, "iso_time": ISOTime, "local_time": LocalTime, "json": JSON,
	}[s]
}

func (Form) of(s string) Form {
	return map[string]Form{"commas": Commas, "repeated": Repeated, "json_array": JSONArray}[s]
}

func (Absence) of(s string) Absence { return map[string]Absence{"ends": Ends, "keeps": Keeps}[s] }
