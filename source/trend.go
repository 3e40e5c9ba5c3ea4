package source

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

// Kept reports whether the number is kept, rather than computed from others.
func (m Measure) Kept() bool { return m.Share == [2]string{} }
