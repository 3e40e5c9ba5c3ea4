package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// temporaryKey is how every temporary access key's ID begins.
const temporaryKey = "STS."

// A token is the content of a security token. The token is signed and given to the client;
// the Cloud stores nothing about its sessions.
type token struct {
	KeyID   string
	Account string // ID
	Role    string
	Session string
	Expires int64 // seconds since 1970
}

// secret returns the access key secret of a temporary key.
func (c *Cloud) secret(keyID string) string {
	return base64.RawURLEncoding.EncodeToString(c.mac("secret " + keyID))
}

func (c *Cloud) mac(text string) []byte {
	m := hmac.New(sha256.New, c.seal[:])
	m.Write([]byte(text))
	return m.Sum(nil)
}

// sealToken makes a security token. openToken reads and checks it.
func (c *Cloud) sealToken(t token) string {
	body, _ := json.Marshal(t) // strings and a number
	return base64.StdEncoding.EncodeToString(append(c.mac("token "+string(body)), body...))
}

func (c *Cloud) openToken(keyID, sealed string, now time.Time) (identity, error) {
	if sealed == "" {
		return identity{}, missing("SecurityToken")
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < sha256.Size || !hmac.Equal(raw[:sha256.Size], c.mac("token "+string(raw[sha256.Size:]))) {
		return identity{}, badRequest("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
	}
	var t token
	if err := json.Unmarshal(raw[sha256.Size:], &t); err != nil {
		return identity{}, badRequest("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
	}
	if t.KeyID != keyID {
		return identity{}, badRequest("InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
	}
	if now.Unix() >= t.Expires {
		return identity{}, &Error{Status: http.StatusForbidden, Code: "InvalidSecurityToken.Expired", Message: "Specified SecurityToken is expired."}
	}
	account, ok := c.account(t.Account)
	if !ok {
		return identity{}, &Error{Status: http.StatusNotFound, Code: "InvalidAccessKeyId.NotFound", Message: "Specified access key is not found."}
	}
	return identity{account: account, keyID: keyID, secret: c.secret(keyID), role: t.Role, session: t.Session}, nil
}

var roleARN = regexp.MustCompile(`^acs:ram::(\d{16}):role/([\w.-]{1,64})$`)

// maxSession is the longest session of a role, in seconds: an hour, unless the role's
// MaxSessionDuration is higher.
const maxSession = 3600

// assumeRole answers Sts AssumeRole:
// https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole
func (c *Cloud) assumeRole(req *request, id string) ([]byte, error) {
	arn := roleARN.FindStringSubmatch(req.params.Get("RoleArn"))
	if arn == nil {
		return nil, badRequest("InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
	}
	account, ok := c.account(arn[1])
	if !ok || account.Roles != nil && !slices.Contains(account.Roles, arn[2]) {
		return nil, &Error{Status: http.StatusNotFound, Code: "EntityNotExist.Role", Message: "The specified Role not exists."}
	}
	seconds := int64(3600)
	if s := req.params.Get("DurationSeconds"); s != "" {
		seconds, _ = strconv.ParseInt(s, 10, 64) // checked with the parameters
	}
	if seconds < 900 || seconds > maxSession {
		return nil, badRequest("InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/1hr.")
	}
	expires := c.opt.Wall().Add(time.Duration(seconds) * time.Second).Truncate(time.Second)
	t := token{
		KeyID:   temporaryKey + "NT" + base62(rand.Uint64(), 11) + base62(rand.Uint64(), 11),
		Account: account.ID, Role: arn[2], Session: req.params.Get("RoleSessionName"), Expires: expires.Unix(),
	}
	o := open(nil).text("RequestId", id)
	o = o.object("AssumedRoleUser").
		text("Arn", "acs:ram::"+account.ID+":assumed-role/"+t.Role+"/"+t.Session).
		text("AssumedRoleId", roleID(account.ID, t.Role)+":"+t.Session).close()
	o = o.object("Credentials").
		text("AccessKeyId", t.KeyID).
		text("AccessKeySecret", c.secret(t.KeyID)).
		text("SecurityToken", c.sealToken(t)).
		text("Expiration", expires.UTC().Format(isoTime)).close()
	return o.close(), nil
}

// getCallerIdentity answers Sts GetCallerIdentity:
// https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity
func (c *Cloud) getCallerIdentity(req *request, id string) ([]byte, error) {
	who, account := req.caller, req.caller.account
	o := open(nil).text("RequestId", id).text("AccountId", account.ID)
	if who.role != "" {
		role := roleID(account.ID, who.role)
		return o.text("IdentityType", "AssumedRoleUser").
			text("Arn", "acs:ram::"+account.ID+":assumed-role/"+who.role+"/"+who.session).
			text("PrincipalId", role+":"+who.session).
			text("UserId", role+":"+who.session).
			text("RoleId", role).close(), nil
	}
	user := longID('2', "user "+account.ID)
	return o.text("IdentityType", "RAMUser").
		text("Arn", "acs:ram::"+account.ID+":user/"+account.Name).
		text("PrincipalId", user).
		text("UserId", user).close(), nil
}

// roleID returns the ID of an account's role. Nobody needs to create the role.
func roleID(account, role string) string { return longID('3', "role "+account+"/"+role) }

// longID returns an 18-digit ID that begins with lead.
func longID(lead byte, of string) string {
	return string(lead) + strconv.FormatUint(uint64(chanceOf(of))%1e17+1e17, 10)[1:]
}
