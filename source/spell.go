package source

import "time"

// A Spell declares a view of one row per uninterrupted time in which a row met
// conditions, and one of the figures of each day, <name>_daily. They are computed from the
// versions.
type Spell struct {
	// Name is the view's name: plural, snake_case.
	Name string
	// Doc says what one row is, in a sentence. It becomes the view's COMMENT.
	Doc string
	// Where are the conditions, all of which hold during a spell.
	Where []Condition
	// By names tracked columns whose values spells are told apart by: where one of them
	// changes, a spell ends and another begins.
	By []string
	// Show names further tracked columns, which the view shows as they were last.
	Show []string
	// JoinGaps is how long a break may be at most that does not end a spell. 0: any break
	// ends it.
	JoinGaps time.Duration
}

// Daily is the name of the view of each day's figures.
func (s Spell) Daily() string { return s.Name + "_daily" }

// spellColumns are those that every spell has by itself.
var spellColumns = []string{
	"account_id", "account_name", "region_id", "began_at", "ended_at", "lasted_hours", "ended_by",
	"began_known", "began_within_hours", "ended_within_hours", "unobserved_hours", "gaps_joined",
}

// dailyColumns are those that the figures of each day have by themselves.
var dailyColumns = []string{
	"day", "begun", "begun_unseen", "cleared", "changed", "gone", "open",
	"cleared_median_hours", "cleared_p90_hours", "open_median_hours", "open_p90_hours",
}
