package main

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"

	"syncer/sim"
	"syncer/source"
	"syncer/worker"
)

// Secrets that must be in no log and no table.
const (
	keyPrefix  = "LTAIsoakKey"
	secretText = "soakSecretText"
)

// A weather decides which calls fail.
type weather struct {
	mu      sync.Mutex // the cloud calls it from many goroutines
	faults  *rand.Rand // nil: all calls succeed
	refused map[refusal]bool
	grown   bool // patch states have a field without a column
	count   int
	lost    int // permissions
}

// A refusal is an account that may not call an action.
type refusal struct{ accountID, action string }

// change decides about a round: which permissions are missing, and whether calls fail at
// random.
func (w *weather) change(chance *rand.Rand, allowed, faults, grown bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults, w.grown = nil, grown
	if !allowed {
		clear(w.refused)
		return
	}
	if faults && chance.IntN(3) == 0 {
		w.faults = rand.New(rand.NewPCG(chance.Uint64(), 2))
	}
	// A permission stays lost for some rounds.
	if chance.IntN(20) == 0 {
		src := source.All[chance.IntN(len(source.All))]
		w.refused[refusal{accountID(chance.IntN(accounts)), src.API.Action}] = true
		w.lost++
	}
	for key := range w.refused {
		if chance.IntN(10) == 0 {
			delete(w.refused, key)
		}
	}
}

// mayFail reports whether a job's sync may fail in this round.
func (w *weather) mayFail(accountID string, j worker.Job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.faults != nil || w.refused[refusal{accountID, j.Source.API.Action}] {
		return true
	}
	for _, name := range j.Source.DependsOn() {
		if src, _ := source.ByName(source.All, name); src != nil && w.refused[refusal{accountID, src.API.Action}] {
			return true
		}
	}
	return false
}

// fault decides how the cloud handles one call.
func (w *weather) fault(c sim.Call) sim.Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refused[refusal{c.AccountID, c.Action}] {
		return sim.Refuse(403, "NoPermission", "You are not authorized to do this operation.")
	}
	if w.faults == nil || w.faults.IntN(6) > 0 {
		if w.grown && c.Action == source.InstancePatchStates.API.Action {
			return sim.Rewrite(func(body []byte) []byte {
				return bytes.ReplaceAll(body, []byte(`"InstanceId":`), []byte(`"SoakField":"kept","InstanceId":`))
			})
		}
		return sim.Fault{}
	}
	w.count++
	switch w.faults.IntN(8) {
	case 0:
		return sim.Throttle(400, "Throttling.User", 0)
	case 1:
		return sim.Refuse(500, "InternalError", "The request processing has failed due to some unknown error.")
	case 2:
		return sim.HTML(502)
	case 3:
		return sim.Truncate(w.faults.Float64())
	case 4:
		return sim.CutOff(w.faults.Float64())
	case 5:
		return sim.Reset()
	case 6:
		return sim.Empty()
	default: // the list lacks rows that the total counts
		return sim.Rewrite(func(body []byte) []byte {
			return []byte(strings.ReplaceAll(string(body), `"TotalCount":`, `"TotalCount":1`))
		})
	}
}

// leaks is a log that only searches for secrets.
type leaks struct {
	mu    sync.Mutex
	lines int
	found []string
}

func (l *leaks) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines++
	if leaky(string(line)) {
		l.found = append(l.found, string(line))
	}
	return len(line), nil
}

func leaky(s string) bool {
	return strings.Contains(s, keyPrefix) || strings.Contains(s, secretText) || strings.Contains(s, "Signature=")
}
