package fetch

import (
	"context"
	"fmt"
	"time"

	"github.com/tidwall/gjson"

	"syncer/text"
)

// keys are what signs a request.
type keys struct {
	id, secret, token string
	signature         string // that was made with them, where a call has been signed
}

// hide has the keys scrubbed from whatever the process writes.
func (k keys) hide(owner string) { text.Hide(owner, k.id, k.secret, k.token) }

// An identity is who makes calls. It is safe for concurrent use.
type identity interface {
	// keys are those to sign with now.
	keys(ctx context.Context) (keys, error)
	// renew drops keys that the cloud called expired, unless that was done meanwhile.
	renew(ctx context.Context, stale keys) error
}

// newIdentity joins what an account says about its credentials.
func newIdentity(c *Client, a Account) (identity, error) {
	var sts endpoint // none: the SDK's own choice
	if given := c.endpoints["sts"]; given != "" {
		sts, _ = parseEndpoint(given, stsRegion) // which NewClient has checked
	}
	if a.Credentials.kind() == "oidc" && sts.scheme == "http" {
		return nil, fmt.Errorf("credentials of type oidc are asked by https only, not at http://%s", sts.host)
	}
	open := func() (func() (keys, error), error) { return openProvider(a.Credentials, sts.host, c.now) }
	provider, err := open() // no call is made yet, but what is lacking shows
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

// A gate is a mutex that is waited for no longer than a context lasts: behind
// it, keys are fetched over the network.
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

// provided is an identity whose keys come from one of the SDK's providers.
type provided struct {
	gate     gate
	owner    string // of the keys, as text.Hide knows it
	open     func() (func() (keys, error), error)
	provider func() (keys, error) // nil: to be opened
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
	roleDuration = time.Hour       // what AssumeRole is asked for
	roleMargin   = 5 * time.Minute // before their end, keys are replaced
	roleRetry    = time.Minute     // between attempts to replace keys that still hold
)

// assumedRole is an identity whose keys a role gives to another identity.
//
// https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole
type assumedRole struct {
	gate                      gate
	client                    *Client
	base                      identity
	role, session, externalID string

	current keys
	expires time.Time // by the cloud's clock
	retry   time.Time // by this machine's: not before this moment; zero: at once
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
	default: // the old ones hold for some minutes more
		r.retry = time.Now().Add(min(roleRetry, r.holds()))
		r.client.logger.WarnContext(ctx, "role not assumed anew, its keys still hold", "role", r.role, "expires", r.expires, "error", err)
	}
	return r.current, nil
}

// holds is how long the keys still hold.
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

// sessionKeys are the keys of an answer that gives some for a while; false: it gives none.
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
