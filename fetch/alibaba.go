package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/tidwall/gjson"
)

// All that this project takes from Alibaba Cloud's SDK v1 is in this file: the
// older signature of a request (for the newer one see acs3.go), and the places
// that access keys come from. Sending is ours (see Client), since the SDK's
// client knows no context, no compression and no limit of size.

// longParam is the length in bytes from which a parameter goes in the body:
// URLs are cut by gateways and proxies at 8 KiB or less.
const longParam = 512

// A signer makes the signed HTTP request of a call. Each has a nonce and a
// timestamp of its own, so a retry needs a new one.
type signer func(context.Context, Call, endpoint, keys, time.Time) (*http.Request, error)

// newSigner is the signer of an [Account]'s Signature.
func newSigner(signature string) (signer, error) {
	switch signature {
	case "", "hmac-sha1":
		return signRPC, nil
	case "acs3":
		return signACS3, nil
	}
	return nil, fmt.Errorf("signature %q is neither hmac-sha1 nor acs3", signature)
}

// signRPC signs by HMAC-SHA1, as the SDK v1 does: with parameters of the query.
//
// https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism
func signRPC(ctx context.Context, call Call, at endpoint, k keys, now time.Time) (*http.Request, error) {
	r := requests.NewCommonRequest()
	r.Method = requests.POST
	r.Scheme, r.Domain = at.scheme, at.host
	r.Product, r.Version, r.ApiName = call.Product, call.Version, call.Action
	r.AcceptFormat = "JSON"
	for name, value := range call.Params {
		if len(value) < longParam {
			r.QueryParams[name] = value
		} else {
			r.FormParams[name] = value
		}
	}
	r.TransToAcsRequest()
	if err := auth.Sign(rpcRequest{r, call.region(), now}, nil, "", k); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, r.GetMethod(), r.BuildUrl(), r.GetBodyReader())
	if err != nil {
		return nil, withoutURL(err) // its text holds the signature
	}
	for name, value := range r.GetHeaders() {
		request.Header.Set(name, value)
	}
	request.Header.Del("Accept-Encoding") // the SDK asks for none; net/http asks for gzip, and unpacks it
	return request, nil
}

// An rpcRequest keeps the SDK's signer from adding a RegionId of its own, and the time
// of this machine: it looks at the parameters again, each time by GetQueryParams, before
// it signs them.
type rpcRequest struct {
	*requests.CommonRequest
	region string // empty: none is sent
	now    time.Time
}

func (r rpcRequest) GetQueryParams() map[string]string {
	params := r.CommonRequest.GetQueryParams()
	if r.region == "" {
		delete(params, "RegionId")
	} else {
		params["RegionId"] = r.region
	}
	params["Timestamp"] = r.now.UTC().Format("2006-01-02T15:04:05Z")
	return params
}

// GetCredentials and GetProviderName let keys sign: the SDK's signer asks a provider.
func (k keys) GetCredentials() (*credentials.Credentials, error) {
	return &credentials.Credentials{
		AccessKeyId:     k.id,
		AccessKeySecret: k.secret,
		SecurityToken:   k.token,
		ProviderName:    k.GetProviderName(),
	}, nil
}

// GetProviderName tells the cloud's statistics where keys come from.
func (k keys) GetProviderName() string {
	if k.token == "" {
		return "static_ak"
	}
	return "static_sts"
}

// openProvider makes the SDK's provider of credentials. One provider must not
// be used by two goroutines at a time, and one that has failed once is not to
// be trusted again (the default chain would only ask its last link).
// sts is the host of the STS endpoint; empty means the SDK's own choice. now is the
// cloud's time.
func openProvider(c Credentials, sts string, now func() time.Time) (func() (keys, error), error) {
	p, err := newProvider(c, sts, now)
	if err != nil {
		return nil, explain(c, err)
	}
	return func() (keys, error) {
		got, err := p.GetCredentials()
		if err != nil {
			return keys{}, explain(c, err)
		}
		return keys{id: got.AccessKeyId, secret: got.AccessKeySecret, token: got.SecurityToken}, nil
	}, nil
}

func newProvider(c Credentials, sts string, now func() time.Time) (credentials.CredentialsProvider, error) {
	switch c.kind() {
	case "default":
		return defaultChain(now), nil
	case "access_key":
		return credentials.NewStaticAKCredentialsProviderBuilder().
			WithAccessKeyId(c.AccessKeyID).WithAccessKeySecret(c.AccessKeySecret).Build()
	case "sts":
		return credentials.NewStaticSTSCredentialsProviderBuilder().
			WithAccessKeyId(c.AccessKeyID).WithAccessKeySecret(c.AccessKeySecret).WithSecurityToken(c.SecurityToken).Build()
	case "ram_role_arn": // these keys assume the role through our own client, see assumedRole
		c.Type = "access_key"
		if c.SecurityToken != "" {
			c.Type = "sts"
		}
		return newProvider(c, sts, now)
	case "ecs_ram_role":
		return credentials.NewECSRAMRoleCredentialsProviderBuilder().WithRoleName(c.RoleName).Build()
	case "oidc":
		return credentials.NewOIDCCredentialsProviderBuilder().
			WithOIDCProviderARN(c.OIDCProviderARN).WithOIDCTokenFilePath(c.OIDCTokenFile).
			WithRoleArn(c.RoleARN).WithRoleSessionName(sessionName(c)).WithSTSEndpoint(sts).Build()
	case "profile":
		return credentials.NewCLIProfileCredentialsProviderBuilder().WithProfileName(c.Profile).Build(), nil
	case "uri":
		if c.URI == "" {
			c.URI = os.Getenv(uriVariable)
		}
		return &keyServer{uri: c.URI, now: now}, nil
	}
	return nil, errUnknownType
}

// A chain asks one provider after the other, and stays with the first that answers.
type chain []credentials.CredentialsProvider

// defaultChain is the SDK's, but for a keyServer in the place of its own.
func defaultChain(now func() time.Time) *chain {
	c := chain{credentials.NewEnvironmentVariableCredentialsProvider()}
	if p, err := credentials.NewOIDCCredentialsProviderBuilder().Build(); err == nil {
		c = append(c, p)
	}
	c = append(c, credentials.NewCLIProfileCredentialsProviderBuilder().Build(), credentials.NewProfileCredentialsProviderBuilder().Build())
	if p, err := credentials.NewECSRAMRoleCredentialsProviderBuilder().Build(); err == nil {
		c = append(c, p)
	}
	if uri := os.Getenv(uriVariable); uri != "" {
		c = append(c, &keyServer{uri: uri, now: now})
	}
	return &c
}

func (c *chain) GetCredentials() (*credentials.Credentials, error) {
	for _, p := range *c {
		if got, err := p.GetCredentials(); err == nil {
			*c = chain{p}
			return got, nil
		}
	}
	return nil, errors.New("no provider has keys")
}

func (c *chain) GetProviderName() string { return "default" }

// uriVariable names a keyServer's address.
const uriVariable = "ALIBABA_CLOUD_CREDENTIALS_URI"

// A keyServer answers keys at an address that is a secret itself. The SDK's
// provider is not used because it prints errors, address and all, to the standard output.
type keyServer struct {
	uri     string
	now     func() time.Time // by the clock that Expiration is told by, the cloud's
	last    keys
	expires time.Time
}

func (s *keyServer) GetCredentials() (*credentials.Credentials, error) {
	if s.expires.Sub(s.now()) > roleMargin {
		return s.last.GetCredentials()
	}
	client := http.Client{Timeout: 15 * time.Second}
	response, err := client.Get(s.uri)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	answer, ok := parseReply(string(body))
	k, expires, hasKeys := sessionKeys(gjson.ParseBytes(body))
	if failed, code, _, _ := answer.failure(); !ok || failed || !hasKeys || response.StatusCode != http.StatusOK {
		return nil, &keyServerError{status: response.StatusCode, code: code}
	}
	s.last, s.expires = k, expires
	return k.GetCredentials()
}

func (s *keyServer) GetProviderName() string { return "credential_uri" }

// A keyServerError is an answer without keys.
type keyServerError struct {
	status int
	code   string
}

// plainCode is a code that can hold no secret: an access key has digits.
var plainCode = regexp.MustCompile(`^[A-Za-z]+(\.[A-Za-z]+)*$`)

func (e *keyServerError) Error() string {
	if plainCode.MatchString(e.code) && !saysSuccess(e.code) {
		return fmt.Sprintf("%s (HTTP %d)", e.code, e.status)
	}
	return fmt.Sprintf("the answer holds no keys (HTTP %d)", e.status)
}

// retry reports whether it may pass.
func (e *keyServerError) retry() bool {
	k := (&Error{Status: e.status, Code: e.code}).kind()
	return saysSuccess(e.code) || k == passing || k == throttled
}

var errUnknownType = errors.New("unknown type: it is one of default, access_key, sts, ram_role_arn, ecs_ram_role, oidc, profile, uri")

// whereToLook says what a user of a type of credentials checks first.
var whereToLook = map[string]string{
	"default": "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, " +
		"or `aliyun configure`, or run on an ECS instance with a RAM role",
	"access_key":   "give access_key_id and access_key_secret",
	"sts":          "give access_key_id, access_key_secret and security_token",
	"ram_role_arn": "give access_key_id, access_key_secret and role_arn",
	"ecs_ram_role": "this works on an ECS instance with a RAM role only, whose metadata service is at 100.100.100.200",
	"oidc":         "check oidc_provider_arn, oidc_token_file and role_arn, and that the role trusts the provider",
	"profile":      "check the profile in ~/.aliyun/config.json, or make it by `aliyun configure`",
	"uri":          "check that the URI answers AccessKeyId, AccessKeySecret, SecurityToken and Expiration as JSON",
}

// harmless are beginnings of the SDK's error texts that quote no secret.
var harmless = []string{
	"reading aliyun cli config from ",
	"no any configured profiles in ",
	"unable to get profile with ",
	"unsupported profile mode ",
	"IMDS credentials is disabled",
}

// explain makes an error for the operator of one of a provider's. The SDK's
// texts quote configuration files, answers and signed URLs, so only what is
// known to be harmless is passed on.
func explain(c Credentials, err error) error {
	e := &credentialsError{kind: c.kind(), advice: whereToLook[c.kind()], retry: true}
	var (
		local  *sdkerrors.ClientError
		remote *sdkerrors.ServerError
		broken *url.Error
		empty  *keyServerError
	)
	switch {
	case errors.As(err, &empty):
		e.cause, e.retry = empty, empty.retry()
	case errors.Is(err, errUnknownType):
		e.cause, e.retry = err, false
	case errors.As(err, &local) && local.OriginError() == nil:
		e.cause, e.retry = errors.New(local.Message()), false
	case errors.As(err, &remote):
		e.cause = fmt.Errorf("%s (HTTP %d, RequestId %s)", remote.ErrorCode(), remote.HttpStatus(), remote.RequestId())
		e.retry = remote.HttpStatus() >= http.StatusInternalServerError
	case errors.As(err, &broken):
		e.cause = withoutSecrets(broken, keys{})
	default:
		for _, beginning := range harmless {
			if strings.HasPrefix(err.Error(), beginning) {
				e.cause = errors.New(err.Error())
			}
		}
	}
	return e
}
