package fetch

import (
	"context"
	"fmt"
	"time"

	"github.com/tidwall/gjson"

	"syncer/text"
)

// keys sign requests.
type keys struct {
	id, secret, token string
	signature         string // the last one that was made with them
}

// hide removes the keys from everything that the process writes.
func (k keys) hide(owner string) { text.Hide(owner, k.id, k.secret, k.token) }

// AccessKey is the key that calls of the account are signed with now, for what else the
// account may do.
func (c *Client) AccessKey(ctx context.Context) (id, secret, token string, err error) {
	k, err := c.who.keys(ctx)
	return k.id, k.secret, k.token, err
}

// An identity provides keys. It is safe for concurrent use.
type identity interface {
	// keys returns the keys to sign with now.
	keys(ctx context.Context) (keys, error)
	// renew drops keys that the cloud called expired, if they are still the present ones.
	renew(ctx context.Context, stale keys) error
}

// newIdentity makes an identity from an account's settings.
func newIdentity(c *Client, a Account) (identity, error) {
	var sts endpoint // empty: the SDK's choice
	if given := c.endpoints["sts"]; given != "" {
		sts, _ = parseEndpoint(given, stsRegion) // NewClient has checked it
	}
	if a.Credentials.kind() == "oidc" && sts.scheme == "http" {
		return nil, fmt.Errorf("credentials of type oidc are asked by https only, not at http://%s", sts.host)
	}
	open := func() (func() (keys, error), error) { return openProvider(a.Credentials, sts.host, c.now) }
	provider, err := open() // this makes no call, but finds missing settings
	if err != nil {
		return nil, err
	}
	var who identity = &provided{gate: newGate(), owner: "keys of account " + a.Name, open: open, provider: provider}
	if a.Credentials.kind() == "ram_role_arn" {
		if a.Credentials.RoleARN == "" {
			return nil, &credentialsError{kind: "ram_role_arn", advice: whereToLook["ram_role_arn"]}
		}
		who = &assumedRole{
			gate: newGate(), client: c, base: who,
			role: a.Credentials.RoleARN, session: sessionName(a.Credentials), externalID: a.Credentials.ExternalID,
		}
	}
	if a.AssumeRole != "" {
		who = &assumedRole{gate: newGate(), client: c, base: who, role: a.AssumeRole, session: sessionName(a.Credentials)}
	}
	return who, nil
}

func sessionName(c Credentials) string {
	if c.RoleSessionName == "" {
		return "syncer"
	}
	return c.RoleSessionName
}

// A gate is a mutex whose waiting ends with a context, because its owner may fetch keys
// over the network.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for credentials: %w", context.Cause(ctx))
	}
}

func (g gate) leave() { <-g }

// provided is an identity whose keys come from a provider of the SDK.
type provided struct {
	gate     gate
	owner    string // of the keys, for text.Hide
	open     func() (func() (keys, error), error)
	provider func() (keys, error) // nil: not opened yet
	last     keys
}

func (p *provided) keys(ctx context.Context) (keys, error) {
	if err := p.gate.enter(ctx); err != nil {
		return keys{}, err
	}
	defer p.gate.leave()
	var err error
	if p.provider == nil {
		if p.provider, err = p.open(); err != nil {
			return keys{}, err
		}
	}
	fresh, err := p.provider()
	if err != nil {
		p.provider = nil
		return keys{}, err
	}
	if fresh != p.last {
		fresh.hide(p.owner)
	}
	p.last = fresh
	return fresh, nil
}

func (p *provided) renew(ctx context.Context, stale keys) error {
	if err := p.gate.enter(ctx); err != nil {
		return err
	}
	defer p.gate.leave()
	if p.last == stale {
		p.provider = nil
	}
	return nil
}

const (
	roleDuration = time.Hour       // of the keys that AssumeRole is asked for
	roleMargin   = 5 * time.Minute // keys are replaced this long before their end
	roleRetry    = time.Minute     // between attempts to replace keys that are still valid
)

// assumedRole is an identity that gets its keys by assuming a role with another identity.
//
// https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole
type assumedRole struct {
	gate                      gate
	client                    *Client
	base                      identity
	role, session, externalID string

	current keys
	expires time.Time // in the cloud's time
	retry   time.Time // in this machine's time: no attempt before it; zero: at once
}

func (r *assumedRole) keys(ctx context.Context) (keys, error) {
	if err := r.gate.enter(ctx); err != nil {
		return keys{}, err
	}
	defer r.gate.leave()
	if r.holds() > roleMargin || time.Now().Before(r.retry) {
		return r.current, nil
	}
	fresh, expires, err := r.assume(ctx)
	switch {
	case err == nil:
		fresh.hide("keys of role " + r.role + " for account " + r.client.account)
		r.current, r.expires = fresh, expires
	case r.holds() <= 0 || ctx.Err() != nil:
		return keys{}, fmt.Errorf("assume role %s: %w", r.role, err)
	default: // the old keys are valid for some minutes
		r.retry = time.Now().Add(min(roleRetry, r.holds()))
		r.client.logger.WarnContext(ctx, "role not assumed anew, its keys still hold", "role", r.role, "expires", r.expires, "error", err)
	}
	return r.current, nil
}

// holds returns how long the keys are still valid.
func (r *assumedRole) holds() time.Duration { return r.expires.Sub(r.client.now()) }

func (r *assumedRole) assume(ctx context.Context) (keys, time.Time, error) {
	params := map[string]string{
		"RoleArn":         r.role,
		"RoleSessionName": r.session,
		"DurationSeconds": fmt.Sprint(int(roleDuration.Seconds())),
	}
	if r.externalID != "" {
		params["ExternalId"] = r.externalID
	}
	body, err := r.client.send(ctx, r.base, shipment{
		Call:      Call{Product: "Sts", Version: "2015-04-01", Action: "AssumeRole", Region: stsRegion, Params: params},
		ramAction: "sts:AssumeRole",
		lacks: func(answer reply) string {
			if _, _, ok := sessionKeys(answer.get("Credentials")); !ok {
				return "the answer lacks keys or their expiration"
			}
			return ""
		},
	})
	if err != nil {
		return keys{}, time.Time{}, err
	}
	defer body.release()
	k, expires, _ := sessionKeys(body.get("Credentials"))
	return k, expires, nil
}

// sessionKeys returns the temporary keys in an answer; false: it has none.
func sessionKeys(answer gjson.Result) (k keys, expires time.Time, ok bool) {
	k = keys{
		id:     answer.Get("AccessKeyId").String(),
		secret: answer.Get("AccessKeySecret").String(),
		token:  answer.Get("SecurityToken").String(),
	}
	expires, err := time.Parse(time.RFC3339, answer.Get("Expiration").String())
	return k, expires, err == nil && k.id != "" && k.secret != "" && k.token != ""
}

func (r *assumedRole) renew(ctx context.Context, stale keys) error {
	if err := r.gate.enter(ctx); err != nil {
		return err
	}
	defer r.gate.leave()
	if r.current == stale {
		r.expires, r.retry = time.Time{}, time.Time{}
	}
	return nil
}
