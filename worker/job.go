package worker

import (
	"fmt"
	"time"

	"syncer/store"
)

// A Job is one partition to sync.
type Job struct {
	*Settings // Source among them
	Account   *Account
	Region    string

	Slot        time.Time // tick that it answers; zero: somebody asked
	neededBy    string    // source that reads this one's table, and has it synced first
	Full        bool      // ask for everything, whatever the schedule says
	DryRun      bool      // say what would change, and write nothing
	with        string    // of a dry run: the sources of the same pass, a comma between them; see DryRun
	AllowShrink bool
}

func (j Job) String() string {
	return fmt.Sprintf("%s of %s in %s", j.Source.Name, j.Account.Label(), j.Region)
}

// A Result is what became of a job.
type Result struct {
	Job     Job
	Run     store.Run // what the fetching counted
	Changes store.MergeResult
	Status  string // as in alicloud.sync_runs
	Message string // why it is not ok
	Took    time.Duration
}

// StatusCalledOff is that of a sync that was ended by whoever wanted it. It is
// in no table.
const StatusCalledOff = "called off"
