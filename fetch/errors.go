package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"syncer/text"
)

// Kinds of [Error], for errors.Is.
var (
	// ErrThrottled: the cloud refuses calls because they are too many, after all retries.
	ErrThrottled = errors.New("throttled")
	// ErrRefused: a permission is missing.
	ErrRefused = errors.New("permission refused")
	// ErrCredentials: there are no credentials, or the cloud does not accept them.
	ErrCredentials = errors.New("no valid credentials")
)

// An Error is an error answer of the cloud. Its text is for operators and contains no
// secret.
type Error struct {
	Account, Product, Action, Region string

	Status    int    // HTTP status
	Code      string // such as Throttling.User; empty: the answer is bad, but has no code
	Message   string // the cloud's message, without secrets
	RequestID string // Alibaba Cloud's support asks for it

	// RAMAction is the permission that the action needs, if it is known.
	RAMAction string
	// Ahead is how much this machine's clock is ahead of the cloud's; negative: behind.
	Ahead time.Duration

	wait time.Duration // before the next call, as the cloud asks; 0: it does not
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(subject(e.Account, e.Action, e.Region))
	if e.Code != "" {
		b.WriteString(": " + e.Code)
	}
	if e.Message != "" && e.Message != e.Code {
		b.WriteString(": " + strings.TrimRight(e.Message, ". "))
	}
	fmt.Fprintf(&b, " (HTTP %d", e.Status)
	if e.RequestID != "" {
		b.WriteString(", RequestId " + e.RequestID)
	}
	b.WriteByte(')')
	if advice := e.advice(); advice != "" {
		fmt.Fprintf(&b, "; %s", advice)
	}
	return b.String()
}

// Is compares with [ErrThrottled], [ErrRefused] and [ErrCredentials].
func (e *Error) Is(target error) bool {
	switch e.kind() {
	case throttled:
		return target == ErrThrottled
	case refused:
		return target == ErrRefused
	case expired, unknownKey:
		return target == ErrCredentials
	}
	return false
}

// A kind is what an error code asks the caller to do.
type kind int

const (
	final      kind = iota // the same call will fail again
	throttled              // wait, and call less often
	passing                // call again
	expired                // get new keys
	skewed                 // set the clock
	refused                // grant a permission
	unknownKey             // give other credentials
	misplaced              // ask in another region
)

// kinds of codes, by their beginnings. The first match counts.
var kinds = []struct {
	code string
	kind kind
}{
	{"SignatureNonceUsed", passing}, // a retry has a new nonce
	{"InvalidSecurityToken.Expired", expired},
	{"SecurityTokenExpired", expired},
	{"SecurityToken.Expired", expired},
	{"InvalidSecurityToken", unknownKey},
	{"InvalidTimeStamp", skewed},
	{"IllegalTimestamp", skewed},
	{"NoPermission", refused},
	{"Forbidden.AccessKey", unknownKey},
	{"Forbidden", refused},
	{"InvalidAccessKey", unknownKey},
	{"InactiveAccessKey", unknownKey},
	{"SignatureDoesNotMatch", unknownKey},
	{"IncompleteSignature", unknownKey},
	{"InvalidRegion", misplaced},
	{"Missing", final},
	{"Invalid", final},
	{"Illegal", final},
}

// The products use different names for the same thing: Throttling.User,
// Rejected.Throttling, FlowControlError; InternalError, InnerError, InternalFailure;
// SystemBusy, ServiceBusy; ServiceUnavailable, ServiceUnavailableTemporary. The HTTP status
// does not help: throttling comes with 400, 403, 429 and 503. A single word does not help,
// either: InternalUserNotFound and UnavailableRegion will not pass.
var (
	throttledCode = words(`throttl(e|ed|ing)`, `flow (control|limit)(led|ed)?`, `too many requests?`,
		`qps`, `rate limit(ed|ing)?`, `rate exceed(ed)?`, `request limit(ed)?`,
		`too frequent(ly)?`, `frequency limit(ed)?`, `frequent (request|call|access|operation)s?`)
	passingCode = words(
		`(internal|inner|unknown|server|system|service) ((server|system|service) )?(error|exception|failure|fault)s?`,
		`(server|system|service) (is )?(temporar(y|ily) )?unavailable`, `temporar(y|ily) unavailable`, `unavailable temporar(y|ily)`,
		`((server|system|service) )?busy`, `(request )?timed? out( (error|exception|failure))?( ?\.|$)`)
)

// words matches a code that contains one of the phrases as whole words. [spelled] separates
// the words; some products do not separate them.
func words(phrases ...string) *regexp.Regexp {
	either := strings.Join(phrases, "|")
	return regexp.MustCompile(`\b(` + strings.ReplaceAll(either, " ", "[ .]?") + `)(\b|$)`)
}

var wordEnds = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)

// spelled returns a code in lower case with a blank between its words. Parts stay separated
// by points: "sas.service busy" for Sas.ServiceBusy.
func spelled(code string) string {
	code = wordEnds.ReplaceAllString(code, "$1$3 $2$4")
	return strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(code))
}

func (e *Error) kind() kind {
	code := spelled(e.Code)
	if throttledCode.MatchString(code) {
		return throttled
	}
	for _, k := range kinds {
		if strings.HasPrefix(e.Code, k.code) {
			return k.kind
		}
	}
	status := e.Status
	if inner, err := strconv.Atoi(e.Code); err == nil { // some APIs put an HTTP status there
		status = inner
	}
	switch {
	case passingCode.MatchString(code):
		return passing
	case status == http.StatusTooManyRequests:
		return throttled
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError:
		return passing
	case e.Code == "" && status/100 == 2: // a bad answer without a code
		return passing
	}
	return final
}

func (e *Error) advice() string {
	switch e.kind() {
	case throttled:
		return "lower calls_per_second, or let less else call this API"
	case refused:
		if e.RAMAction == "" {
			return "grant the RAM user or role the permission for this action"
		}
		return "grant the RAM user or role the action " + e.RAMAction
	case expired:
		return "the security token has expired and no new one is to be had: give new credentials"
	case unknownKey:
		return "check the access key ID, its secret and the security token, and that the key is active"
	case misplaced:
		return "take the region out of the account's regions in the configuration, or correct it"
	case skewed:
		if e.Ahead.Abs() < time.Minute {
			return "check this machine's clock"
		}
		if e.Ahead < 0 {
			return fmt.Sprintf("this machine's clock is %s behind the cloud's: synchronize it", -e.Ahead.Round(time.Second))
		}
		return fmt.Sprintf("this machine's clock is %s ahead of the cloud's: synchronize it", e.Ahead.Round(time.Second))
	}
	return ""
}

// A transportError is a call without a complete answer.
type transportError struct {
	subject string
	err     error         // without secrets
	wait    time.Duration // as in Error
}

func (e *transportError) Error() string { return e.subject + ": " + e.err.Error() }
func (e *transportError) Unwrap() error { return e.err }

// A credentialsError means that there are no keys.
type credentialsError struct {
	kind   string
	cause  error // without secrets; nil: unknown, because its text may contain one
	advice string
	retry  bool // the source of the keys may answer later
}

func (e *credentialsError) Error() string {
	text := "no credentials of type " + e.kind
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	if e.advice != "" {
		text += "; " + e.advice
	}
	return text
}
func (e *credentialsError) Is(target error) bool { return target == ErrCredentials }
func (e *credentialsError) Unwrap() error        { return e.cause }

// Retryable reports whether an error of this package may pass by itself, so that a retry
// can help. It is false for all other errors, such as those of a [Sink] or of a context
// that has ended.
func Retryable(err error) bool {
	var answer *Error
	if errors.As(err, &answer) {
		k := answer.kind()
		return k == throttled || k == passing
	}
	var missing *credentialsError
	if errors.As(err, &missing) {
		return missing.retry
	}
	var transport *transportError
	return errors.As(err, &transport)
}

// waitOf returns how long the cloud asks to wait before the next call; 0: it does not ask.
func waitOf(err error) time.Duration {
	var answer *Error
	if errors.As(err, &answer) {
		return answer.wait
	}
	var transport *transportError
	if errors.As(err, &transport) {
		return transport.wait
	}
	return 0
}

// subject names the call.
func subject(account, action, region string) string {
	return fmt.Sprintf("%s in %s for account %q", action, region, account)
}

// withoutURL returns the cause of a *url.Error. The error's own text contains the URL, with
// the access key ID, the security token and the signature.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// maxMessage is the length in bytes to which a foreign text is cut; only maxRead bytes of
// it are read.
const (
	maxMessage = 400
	maxRead    = 64 << 10
)

var (
	// secretParam matches a parameter with its value in a signed URL, or in a string to
	// sign, where it is encoded once more.
	secretParam = regexp.MustCompile(`(?i)(AccessKeyId|AccessKeySecret|SecurityToken|Signature|OIDCToken)(=|%3D|%253D)[^&\s"']*`)
	// stringToSign matches the whole request as SignatureDoesNotMatch quotes it: "server
	// string to sign is:…" or "server StringToSign is […] server CanonicalRequest is […]".
	stringToSign = regexp.MustCompile(`(?is)[\s.:,]*(server )?(string ?to ?sign|canonical ?request).*`)
)

// withoutSecrets returns an error whose text contains no secret: the same one, or one with
// a redacted text. The original is not wrapped, because others print wrapped errors, too.
func withoutSecrets(err error, k keys) error {
	err = withoutURL(err)
	if text := redact(err.Error(), k); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// redact removes secrets from a foreign text and cuts it to one short line.
func redact(s string, k keys) string {
	if len(s) > maxRead { // cut between words, so that no part of a secret stays
		s = s[:strings.LastIndexAny(s[:maxRead], " \n&")+1]
	}
	var replace []string
	for _, secret := range []string{k.secret, k.token, k.id, k.signature} {
		if secret == "" {
			continue
		}
		for range 3 { // as it is, and as it is encoded in a URL and in a string to sign
			replace = append(replace, secret, "[redacted]")
			secret = url.QueryEscape(secret)
		}
	}
	s = strings.NewReplacer(replace...).Replace(s)
	s = stringToSign.ReplaceAllString(s, "")
	s = text.Scrub(s)
	s = secretParam.ReplaceAllString(s, "$1=[redacted]")
	return text.CutBytes(text.Line(s), maxMessage)
}
