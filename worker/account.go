package worker

import (
	"time"

	"syncer/fetch"
	"syncer/source"
	"syncer/text"
)

// An Account is one account of the configuration.
type Account struct {
	Name                  string
	Client                *fetch.Client
	SecurityCenterRegions []string
	OOSRegions            []string
	AllOOSRegions         bool     // OOSRegions are those that OOS lists itself
	Members               *Members // of its resource directory; nil: none is synced
	ID                    string   // of a member; empty: the cloud is asked

	declared *Account  // that it was found by
	since    time.Time // of the first configuration that has it, in this process
}

// Label is the account's name as it stands in the database, the queue and the metrics:
// whatever was configured, no statement that names all accounts fails because of one.
func (a *Account) Label() string {
	return text.Fit(text.Line(text.WithoutCredentials(a.Name)), mostLabel)
}

// mostLabel is in bytes: names stand in indexes.
const mostLabel = 200

// Regions are those that partition a source.
func (a *Account) Regions(s *source.Source) []string {
	switch s.Regions {
	case source.OOS:
		return a.OOSRegions
	case source.Listed:
		return s.Listed
	default:
		return a.SecurityCenterRegions
	}
}
