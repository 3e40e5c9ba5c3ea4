package worker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"syncer/fetch"
	"syncer/store"
	"syncer/text"
)

// Explain says of an error of the cloud, or on the way there, what happened, in
// few words, and what to do. An error that tells that itself has no remedy.
func Explain(err error) (what, remedy string) {
	if e, ok := errors.AsType[*fetch.Error](err); ok {
		return explainAnswer(e)
	}
	if errors.Is(err, fetch.ErrCredentials) {
		for e := err; errors.Is(e, fetch.ErrCredentials); e = errors.Unwrap(e) {
			what = e.Error() // the innermost says it best
		}
		what, remedy, _ = strings.Cut(what, "; ")
		return what, remedy
	}
	if e, ok := errors.AsType[*answerError](err); ok {
		return e.Error(), "check the endpoints of the account; if they are right, the API has changed: report it"
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.Error(), "let this machine trust the certificate of the proxy in between, or check the endpoints of the account"
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound && strings.Count(e.Name, ".") > 2 { // a region is in the name
			return "there is no host " + e.Name, "check the region, and the DNS of this machine"
		}
		return "the host " + e.Name + " cannot be looked up", "check the network and the DNS of this machine, and the endpoints of the account"
	}
	const network = "check the network: the firewall, HTTPS_PROXY, the endpoints of the account"
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Error(), network
	}
	if fetch.Retryable(err) || errors.Is(err, errNoAnswer) {
		return innermost(err), network
	}
	return err.Error(), ""
}

// innermost is the cause of an error, without what was being done.
func innermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

// told is what a run, and whoever reads of it, is told of an error: on one line,
// with what to do behind it.
func describe(err error) string {
	said := text.Line(text.Scrub(err.Error()))
	if _, ok := errors.AsType[*fetch.Error](err); ok { // whose text says it itself
		return said
	}
	explain := []func(error) (what, remedy string){Explain, store.Advice}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok { // it is a broken connection, too, but not the cloud's
		explain = explain[1:]
	}
	remedy := ""
	for _, f := range explain {
		if remedy == "" {
			_, remedy = f(err)
		}
	}
	if remedy = text.Line(remedy); remedy != "" && !strings.Contains(said, remedy) {
		said += "; " + remedy
	}
	return said
}

// answers are what to do about the cloud's errors, by how their codes begin.
var answers = []struct{ code, remedy string }{
	{"SignatureDoesNotMatch", "give the access key secret that belongs to the access key ID"},
	{"IncompleteSignature", "give the access key secret that belongs to the access key ID"},
	{"InvalidAccessKeyId.Inactive", "enable the access key in the RAM console, or give another"},
	{"InactiveAccessKey", "enable the access key in the RAM console, or give another"},
	{"Forbidden.AccessKey", "enable the access key in the RAM console, or give another"},
	{"InvalidAccessKey", "give an access key that exists: this one was deleted, or mistyped"},
	{"EntityNotExist.Role", "check the ARN of the role, and that the role exists"},
	{"RdCheckNoPermission", "put members on the account that manages the resource directory, or on Security Center's delegated administrator"},
	{"FreeVersionNotPermit", "members needs an edition of Security Center that manages several accounts: name the accounts one by one instead"},
	{"InvalidRegion", "take the region out of the account's: the API is not served there"},
	{"InvalidAction", "check the endpoints of the account: this one serves another product"},
	{"InvalidVersion", "check the endpoints of the account: this one serves another product"},
}

func explainAnswer(e *fetch.Error) (what, remedy string) {
	what = e.Code
	switch message := strings.TrimRight(e.Message, ". "); {
	case message == "" || message == e.Code:
	case what == "":
		what = message
	default:
		what += ": " + message
	}
	if e.RequestID != "" {
		what += fmt.Sprintf(" (RequestId %s)", e.RequestID)
	}
	for _, a := range answers {
		if strings.HasPrefix(e.Code, a.code) {
			return what, a.remedy
		}
	}
	skewed := strings.HasPrefix(e.Code, "InvalidTimeStamp") || strings.HasPrefix(e.Code, "IllegalTimestamp")
	switch {
	case errors.Is(e, fetch.ErrRefused) && e.Action == "AssumeRole":
		remedy = "grant the user or role of the key sts:AssumeRole on this role, and let the role's trust policy name it"
	case errors.Is(e, fetch.ErrRefused):
		remedy = "grant the user or role " + e.RAMAction + " (syncer policy prints all that is needed)"
	case errors.Is(e, fetch.ErrCredentials):
		remedy = "give new credentials: the security token does not hold"
	case errors.Is(e, fetch.ErrThrottled):
		remedy = "lower calls_per_second, or let less else call this API"
	case skewed && e.Ahead >= time.Minute:
		remedy = fmt.Sprintf("set this machine's clock: it is %s ahead", e.Ahead.Round(time.Second))
	case skewed && e.Ahead <= -time.Minute:
		remedy = fmt.Sprintf("set this machine's clock: it is %s behind", -e.Ahead.Round(time.Second))
	case skewed:
		remedy = "set this machine's clock"
	case e.Code == "": // nor is it what the API's page describes
		remedy = "check the endpoints of the account; if they are right, Alibaba Cloud's support can tell more by the RequestId"
	case fetch.Retryable(e):
		remedy = "try again later; Alibaba Cloud's support can tell more by the RequestId"
	default:
		remedy = "Alibaba Cloud's support can tell more by the RequestId"
	}
	return what, remedy
}
