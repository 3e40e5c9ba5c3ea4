package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// Tables is a World for tests: it has the items that it was given, filtered as the request
// asks. Its zero value is empty and ready to use.
type Tables struct {
	mu   sync.Mutex
	held map[tableKey]table
}

type tableKey struct{ account, region, action string }

// A table is never changed, only replaced. Running listings keep the old one.
type table struct {
	items  Items
	fields []map[string]string // the fields of each item as text; nil if there is no filter
}

// Set replaces the items of an action in an account and region. An item is anything that
// marshals to a JSON object; a string or json.RawMessage is used as JSON text. Set panics
// on any other item.
//
// Two fields of a ListAgentlessTask item are used by the filters and not answered:
// "RootTask" (true for a main task; true is the default if RootTaskId is missing) and
// "RootTaskId" (the main task of a subtask).
func (t *Tables) Set(account, region, action string, items ...any) {
	var made table
	for _, item := range items {
		raw, fields, err := readItem(action, item)
		if err != nil {
			panic(fmt.Sprintf("sim: item of %s: %v", action, err))
		}
		made.items = append(made.items, raw)
		made.fields = append(made.fields, fields)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[tableKey]table{}
	}
	t.held[tableKey{account, region, action}] = made
}

// List returns the items that match q. An action that neither the fleet knows nor Set was
// called with is unknown.
func (t *Tables) List(q Query) (Listing, error) {
	t.mu.Lock()
	held, known := t.held[tableKey{q.AccountID, q.Region, q.Action}]
	t.mu.Unlock()
	if !known && operations[q.Action] == nil {
		return nil, ErrUnknown
	}
	f := newFilter(q)
	if f.keepsAll() {
		return held.items, nil
	}
	var kept Items
	for i, item := range held.items {
		if f.keeps(func(name string) string { return held.fields[i][name] }) {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// readItem returns an item as it is sent, and as the filters see it.
func readItem(action string, item any) (json.RawMessage, map[string]string, error) {
	raw, err := rawItem(item)
	if err != nil || rules[action] == nil {
		return raw, nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, nil, err
	}
	fields := map[string]string{}
	for name, value := range members {
		fields[name] = plain(value)
	}
	if action != "ListAgentlessTask" {
		return raw, fields, nil
	}
	if fields["RootTask"] == "" {
		fields["RootTask"] = fmt.Sprint(fields["RootTaskId"] == "")
	}
	if fields["RootTask"] == "true" {
		fields["RootTaskId"] = fields["TaskId"] // TaskId selects the main task itself, too
	}
	if members["RootTask"] == nil && members["RootTaskId"] == nil {
		return raw, fields, nil
	}
	delete(members, "RootTask")
	delete(members, "RootTaskId")
	raw, err = json.Marshal(members)
	return raw, fields, err
}

func rawItem(item any) (json.RawMessage, error) {
	var raw json.RawMessage
	switch v := item.(type) {
	case string:
		raw = json.RawMessage(v)
	case json.RawMessage:
		raw = v
	default:
		b, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		raw = b
	}
	if !json.Valid(raw) || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil, fmt.Errorf("not a JSON object: %.80s", raw)
	}
	return raw, nil
}

// plain returns a JSON value as text: a string without quotes and escapes, and null as an
// empty text.
func plain(value json.RawMessage) string {
	var s *string
	if json.Unmarshal(value, &s) != nil {
		return string(value)
	}
	if s == nil {
		return ""
	}
	return strings.TrimRight(*s, "\r\n")
}
