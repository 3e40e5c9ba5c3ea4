package source

import "slices"

// A Trend declares a view of one row per day, account, region and dimension: what
// stood at the day's end, in the configured time zone. The merge keeps the
// numbers as it goes; rows are never scanned for them.
type Trend struct {
	// Name is the view's name: snake_case, ending in _daily.
	Name string
	// Doc says what one row is, in a sentence. It becomes the view's COMMENT.
	Doc string
	// By names the dimensions: tracked columns whose values rows are told apart
	// by. Empty: one row a day, account and region.
	By       []string
	Measures []Measure
	// Chart is how the status page draws it; nil: it does not.
	Chart *Chart
}

// A Chart draws one measure of a Trend, day by day.
type Chart struct {
	Title string
	// Measure names the measure; one that is no Value.
	Measure string
	// By names the dimension that has a series for each of its values; empty: each account
	// has one.
	By string
	// Unit is that of the measure, in the plural; % where it is a Share.
	Unit string
	// Lines has a line for each series. Otherwise, what adds up is drawn as bars that stand
	// on each other.
	Lines bool
}

// A Measure is one number of a Trend. Without Sum, Value or Share it counts the
// standing rows.
type Measure struct {
	Name string
	// Doc says what it means, in which unit. It becomes the column's COMMENT.
	Doc string
	// Where leaves only the rows for which all conditions hold.
	Where []Condition
	// On leaves only the rows whose time in this column falls on the day itself.
	On string
	// Sum adds up this column, BigInt or Double, where it is not NULL.
	Sum string
	// Value is the value of this column, where By names the whole key and so one
	// row at most: NULL once it no longer stands.
	Value string
	// Share names two measures: how much the first is of the second, in percent.
	// NULL where the second is 0.
	Share [2]string
}

// Measure is the trend's measure of this name.
func (t *Trend) Measure(name string) (m Measure, ok bool) {
	i := slices.IndexFunc(t.Measures, func(m Measure) bool { return m.Name == name })
	if i < 0 {
		return m, false
	}
	return t.Measures[i], true
}

// Kept reports whether the number is kept, rather than computed from others.
func (m Measure) Kept() bool { return m.Share == [2]string{} }
