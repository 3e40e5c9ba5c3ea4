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

// Everything that this project uses of Alibaba Cloud's SDK v1 is in this file: the older
// signature of a request (for the newer one see acs3.go), and the sources of access keys.
// Requests are sent by Client, because the SDK's client has no contexts, no compression and
// no limit of size.

// longParam is the length in bytes from which a parameter is sent in the body. Gateways and
// proxies cut URLs at 8 KiB or less.
const longParam = 512

// A signer makes the signed HTTP request of a call. Each request has its own nonce and
// timestamp, so a retry must be signed again.
type signer func(context.Context, Call, endpoint, keys, time.Time) (*http.Request, error)

// newSigner returns the signer for an [Account]'s Signature.
func newSigner(signature string) (signer, error) {
	switch signature {
	case "", "hmac-sha1":
		return signRPC, nil
	case "acs3":
		return signACS3, nil
	}
	return nil, fmt.Errorf("signature %q is neither hmac-sha1 nor acs3", signature)
}

// signRPC signs with HMAC-SHA1 and parameters in the query, like the SDK v1.
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
		return nil, withoutURL(err) // its text contains the signature
	}
	for name, value := range r.GetHeaders() {
		request.Header.Set(name, value)
	}
	request.Header.Del("Accept-Encoding") // the SDK asks for no compression; net/http asks for gzip, and decompresses
	return request, nil
}

// An rpcRequest prevents the SDK's signer from adding a RegionId and this machine's time.
// The signer reads the parameters by GetQueryParams again before it signs them.
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

// GetCredentials and GetProviderName make keys a provider, which the SDK's signer needs.
func (k keys) GetCredentials() (*credentials.Credentials, error) {
	return &credentials.Credentials{
		AccessKeyId:     k.id,
		AccessKeySecret: k.secret,
		SecurityToken:   k.token,
		ProviderName:    k.GetProviderName(),
	}, nil
}

// GetProviderName is for the cloud's statistics.
func (k keys) GetProviderName() string {
	if k.token == "" {
		return "static_ak"
	}
	return "static_sts"
}

// openProvider opens the SDK's provider of credentials. A provider must not be used by two
// goroutines at a time. A provider that has failed must not be used again, because the
// default chain would then ask only its last link. sts is the host of the STS endpoint;
// empty means the SDK's choice. now returns the cloud's time.
func openProvider(c Credentials, sts string, now func() time.Time) (func() (keys, error), error) {
	p, err := newProvider(c, sts, now)
	if err != nil {
		return nil, withoutKeys(c, err)
	}
	return func() (keys, error) {
		got, err := p.GetCredentials()
		if err != nil {
			return keys{}, withoutKeys(c, err)
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
	case "ram_role_arn": // with these keys our own client assumes the role, see assumedRole
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

// A chain asks one provider after the other, and then uses the first that answers.
type chain []credentials.CredentialsProvider

// defaultChain is the SDK's default chain, with a keyServer in place of the SDK's provider.
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

// uriVariable has a keyServer's address.
const uriVariable = "ALIBABA_CLOUD_CREDENTIALS_URI"

// A keyServer is a server that returns keys. Its address is a secret. The SDK's provider is
// not used because it prints errors with the address to the standard output.
type keyServer struct {
	uri     string
	now     func() time.Time // the cloud's time, because Expiration is in the cloud's time
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

// plainCode matches a code that cannot be a secret: an access key has digits.
var plainCode = regexp.MustCompile(`^[A-Za-z]+(\.[A-Za-z]+)*$`)

func (e *keyServerError) Error() string {
	if plainCode.MatchString(e.code) && !saysSuccess(e.code) {
		return fmt.Sprintf("%s (HTTP %d)", e.code, e.status)
	}
	return fmt.Sprintf("the answer holds no keys (HTTP %d)", e.status)
}

// retry reports whether the error may pass by itself.
func (e *keyServerError) retry() bool {
	k := (&Error{Status: e.status, Code: e.code}).kind()
	return saysSuccess(e.code) || k == passing || k == throttled
}

var errUnknownType = errors.New("unknown type: it is one of default, access_key, sts, ram_role_arn, ecs_ram_role, oidc, profile, uri")

// whereToLook is the advice for each type of credentials.
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

// harmless are beginnings of the SDK's error texts that contain no secret.
var harmless = []string{
	"reading aliyun cli config from ",
	"no any configured profiles in ",
	"unable to get profile with ",
	"unsupported profile mode ",
	"IMDS credentials is disabled",
}

// withoutKeys turns a provider's error into one for the operator. The SDK's texts quote
// configuration files, answers and signed URLs, so only texts that are known to be harmless
// are kept.
func withoutKeys(c Credentials, err error) error {
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
