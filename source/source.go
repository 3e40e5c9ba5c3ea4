// Package source says what each API is. Declarations are YAML files, one for each source
// (catalogue/ has those of the program itself), which this package reads, checks and
// explains. Everything else (decoding, the stage, the merge, comments, the RAM policy) is
// derived from the values that it makes of them.
//
// Every other package may import it. It imports none but what reads YAML.
package source

import (
	"strconv"
	"strings"
	"time"
)

// A Source is what a declaration says of one API and the table that it fills. Its parts,
// and how a file says them, are described in source.schema.json.
type Source struct {
	// Name is the table's name: plural, snake_case.
	Name string
	// Doc says what one row is, in a sentence. It becomes the view's COMMENT.
	Doc string

	API API

	// Off sources are synced only where the configuration says so.
	Off bool

	// Regions says by which regions the source is partitioned.
	Regions Regions
	// Listed are the regions, where Regions is Listed.
	Listed []string
	// Schedule is the cron expression used where the configuration names none.
	Schedule string

	Pager Pager
	// Items is where the answer holds its items: a dotted path to a list of
	// objects, or to the one object that an Object pager expects. Empty: that is
	// the answer itself.
	Items string

	// Key names the columns that identify a row within an account and region.
	// Empty: there is one row.
	Key []string
	// Open are the rows that may still change: what Since and Stuck speak of.
	Open    []Condition
	Columns []Column

	// Sweeps are made in this order; later ones may read what earlier ones found.
	Sweeps []Sweep

	// EndsWith ends a row when the row it hangs on no longer stands,
	// whatever the sweeps saw.
	EndsWith *Parent

	// Stuck are rows that have not moved on for too long. Optional.
	Stuck *Stuck

	// Trends are kept of the rows, day by day.
	Trends []Trend

	// Spells are the times in which rows met conditions.
	Spells []Spell

	// file is the declaration as it was read; empty: it was made by Go.
	file string
}

// YAML is the declaration as it stands in its file.
func (s *Source) YAML() string { return s.file }

// An API names one operation of Alibaba Cloud.
type API struct {
	Product   string // as in a RAM policy and in the endpoint: "Sas", "oos"
	Version   string // 2018-12-03
	Action    string // ListAgentlessTask
	RAMAction string // yundun-sas:ListAgentlessTask
	Page      string // address of its reference page

	// Endpoint is the host that serves it, in which {region} stands for the region
	// and {centre} for the centre of Security Center that the region belongs to.
	// Empty: as most products have it, {product}.{region}.aliyuncs.com.
	Endpoint string
	// CallsPerSecond are at most asked for in each region. 0: as many as of any other.
	CallsPerSecond float64
}

// Regions says how a source's partitions are cut.
type Regions uint8

const (
	// SecurityCenter: the two service regions of Security Center, each of
	// which answers for many regions.
	SecurityCenter Regions = iota + 1
	// OOS: one partition for each region that the operation is asked in.
	OOS
	// Listed: those that the declaration lists.
	Listed
)

// A Column is one field of an item, or a fact that the sweep tells.
type Column struct {
	Name string
	// Field is the item's field: its name, or a path into objects of it. Empty: the sweep sets the column (Sweep.Set, Each.Column).
	Field string
	Type  Type
	// Doc says what it means, in which unit. It becomes the column's COMMENT.
	Doc string
	// Volatile columns are kept current but never make a new version.
	Volatile bool
	// Unordered texts are lists, separated by commas, whose order says nothing: that it
	// changes makes no new version.
	Unordered bool
	// Labels name the codes; the views show them as <column>_label.
	Labels []Label
	// NullText is a text by which this API says "none": "null", "-".
	NullText string
	// Zone is the time zone of a LocalTime.
	Zone *time.Location
}

// A Label names one value of a coded column.
type Label struct{ Code, Text string }

// A Type says how a JSON value becomes a column. A value that the type refuses
// leaves the column NULL and is kept in the row's extra.
type Type uint8

const (
	// Text takes strings, numbers and booleans; trailing line breaks are cut.
	Text Type = iota + 1
	// URL is Text without user, query string and fragment, which may carry a signature.
	URL
	// BigInt takes whole numbers, also as strings.
	BigInt
	// Double takes numbers, also as strings.
	Double
	// Bool takes true and false, also as strings or 1 and 0.
	Bool
	// Millis takes milliseconds since 1970, also as strings; 0 is none.
	Millis
	// ISOTime takes ISO-8601 times.
	ISOTime
	// JSON takes any JSON value, and JSON in a string (in a string…).
	JSON
	// LocalTime takes times such as 2006-01-02 15:04:05, of the column's Zone.
	LocalTime
)

// SQL is the PostgreSQL type of the column.
func (t Type) SQL() string {
	switch t {
	case Text, URL:
		return "text"
	case BigInt:
		return "bigint"
	case Double:
		return "double precision"
	case Bool:
		return "boolean"
	case Millis, ISOTime, LocalTime:
		return "timestamptz"
	case JSON:
		return "jsonb"
	}
	return ""
}

// A Pager says how one listing is cut into calls.
type Pager interface{ pager() }

// PageNumber asks for page 1, 2, 3… until the total is reached. Once the first
// page has told the total, the others may be fetched side by side.
type PageNumber struct {
	Page, Size string // request parameters: CurrentPage, PageSize
	Total      string // path of the answer's number of items in all: PageInfo.TotalCount
	PageSizes
}

// NextToken asks with the token of the previous answer until none comes. A
// short or empty page is not an end.
type NextToken struct {
	Token, Size string // request parameters: NextToken, MaxResults
	Next        string // path of the answer's token
	PageSizes
}

// Batches asks for up to Default of the sweep's values in each call, in the
// parameter that Each names.
type Batches struct {
	Form Form
	PageSizes
}

// List asks once and gets all items.
type List struct {
	Total string // path of the answer's number of items in all; empty: it does not tell
}

// Object asks once and gets one object, which is the one row.
type Object struct{}

// PageSizes are numbers of items, or of values, a call.
type PageSizes struct {
	Default int
	Most    int // that the API takes; 0: not known
}

func (PageNumber) pager() {}
func (NextToken) pager()  {}
func (Batches) pager()    {}
func (List) pager()       {}
func (Object) pager()     {}

// Sizes are those of a source's pager: zero where it has no pages.
func (s *Source) Sizes() PageSizes {
	switch p := s.Pager.(type) {
	case PageNumber:
		return p.PageSizes
	case NextToken:
		return p.PageSizes
	case Batches:
		return p.PageSizes
	}
	return PageSizes{}
}

// A Sweep declares one kind of listing whose completeness can be judged on its
// own. Its scope, the rows that it speaks for, is: the columns in Set hold these
// values, Each.Column holds the value that was asked for, and Since.Column is not
// before the moment that was asked for.
type Sweep struct {
	// Name tells sweeps of one source apart in logs: "main tasks".
	Name string
	// Params go with every call.
	Params map[string]string
	// Set fills columns without a Field, and narrows the scope. Values are
	// written as the column's JSON: true, 2, "x" without its quotes.
	Set map[string]string
	// Each makes one sweep per value (one per batch of values, with Batches).
	Each *Each
	// Since leaves out what is long finished.
	Since *Since
	// Absent says what it means that a row of the scope is not in a complete sweep.
	Absent Absence
}

// Absence says what a complete sweep means for rows of its scope that it did not show.
type Absence uint8

const (
	// Ends: the row is gone.
	Ends Absence = iota + 1
	// Keeps: nothing; the API only shows what happened lately.
	Keeps
)

// A Form says how request parameters carry many values.
type Form uint8

const (
	Commas    Form = iota // Uuids=a,b
	Repeated              // TaskIds.1=a and TaskIds.2=b
	JSONArray             // TaskIdList=["a","b"]
)

// Many is a request parameter that takes many values in one call. A gateway may
// not know it yet: then it refuses the call, or lists what was not asked for.
type Many struct {
	Param string
	Form  Form
	Most  int // values a call
}

// Each says for which values a sweep is made.
type Each struct {
	Param  string // request parameter that carries the value
	Column string // column that holds the value in the rows found
	// Many asks for values together whose rows are known, and so is to which value
	// each belongs, which the answer does not tell.
	Many *Many
	// Fixed are the declaration's own.
	Fixed []string
	// From is read from the tables, in the same account and region; the values are united.
	From []Values
	// Full replaces From in a full sweep. Nil: From is always used.
	Full []Values
	// Rest lets full sweeps pass over values about which nothing changes any more.
	Rest *Rest
	// Configured lets schedule.yaml add values of its own.
	Configured bool
	// Each makes one sweep for each pair of a value and one of these.
	Each *Each
}

// pairMark stands between the two values of a pair. No text of the cloud holds it.
const pairMark = "\x1f"

// PairMark is pairMark as SQL writes it.
const PairMark = `E'\x1f'`

// A Part is what a value asks for in one parameter.
type Part struct {
	Param, Column string
	Value         string
}

// Parts are those of a value, which is a pair where Each is nested.
func (e *Each) Parts(value string) []Part {
	if e.Each == nil {
		return []Part{{e.Param, e.Column, value}}
	}
	outer, inner, _ := strings.Cut(value, pairMark)
	return []Part{{e.Param, e.Column, outer}, {e.Each.Param, e.Each.Column, inner}}
}

// Pair is the value that stands for two.
func Pair(outer, inner string) string { return outer + pairMark + inner }

// Shown is a value for people.
func Shown(value string) string { return strings.ReplaceAll(value, pairMark, " and ") }

// RestsOn is where the values come from that may rest.
func (e *Each) RestsOn() (v Values) {
	for _, v := range append(e.Full[:len(e.Full):len(e.Full)], e.From...) {
		return v
	}
	return v
}

// Reads are all places that values are read from.
func (e *Each) Reads() []Values {
	list := append(e.From[:len(e.From):len(e.From)], e.Full...)
	if e.Each != nil {
		list = append(list, e.Each.Reads()...)
	}
	return list
}

// Rest lets a value be, once a full sweep has spoken for it while its rows were all
// Final: those found by it, and, where it was read from the source itself, the one that it
// was read from. It is asked for again once the row that it was read from has changed,
// and after Every; the first time up to twice as late, so that values that were asked for
// on one day come back on many.
type Rest struct {
	Every time.Duration
	Final []Condition
}

// Values are the distinct non-NULL values that columns have in the standing
// rows of a source, as they will stand after what this run has found so far.
type Values struct {
	Source  string // empty: the source itself
	Columns []string
	Where   []Condition
	// Touched keeps only rows that this run opens or changes. Own source only.
	Touched bool
}

// A Condition holds where the column's text is (or is not) one of the values, or
// its number is (or is not) above 0. A NULL is none of any values, and not above 0.
type Condition struct {
	Column string
	Not    bool
	In     []string
	Above0 bool // in place of In
}

// Since narrows a sweep to rows whose Column is not before a moment: a lookback
// (which the configuration sets) before now, or before the last good listing where
// that is longer ago. Full sweeps and first ones are not narrowed.
type Since struct {
	Param    string         // request parameter
	As       Type           // how it is written: Millis, ISOTime or LocalTime; 0: Millis
	Zone     *time.Location // of a LocalTime
	Column   string         // a column of times
	Open     []Condition    // rows that may still change
	Lookback time.Duration  // default
	// Older finds the open rows from before that moment. Nil: they are left to full
	// sweeps.
	Older *Older
}

// Older asks for standing rows by their key, which is one column. It ends none: what
// it does not find is left to full sweeps.
type Older struct {
	Keys Many
	// Else lists the open rows where the gateway does not know Keys: those whose
	// Column has one of the values.
	Else *Else
}

// Else narrows a listing to rows whose Column has one of a few values.
type Else struct {
	Many
	Column string
	Values []string
}

// Stuck are rows that are Open although their Column is longer ago than After. They
// are named in the log, once.
type Stuck struct {
	Column string // a column of times
	Open   []Condition
	After  time.Duration
}

// LocalForm is how a LocalTime is written.
const LocalForm = "2006-01-02 15:04:05"

// Text is a moment as the parameter takes it.
func (s *Since) Text(t time.Time) string {
	switch s.As {
	case ISOTime:
		return t.UTC().Format("2006-01-02T15:04:05Z")
	case LocalTime:
		return t.In(s.Zone).Format(LocalForm)
	default:
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
}

// Parent names the row that a row hangs on: in the same account and region, the
// standing row of Source whose Column equals the row's own Via. A row whose Via
// is NULL hangs on nothing.
type Parent struct {
	Source, Column, Via string
}
