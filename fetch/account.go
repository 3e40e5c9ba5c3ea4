package fetch

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// An Account is whose cloud is asked: by what credentials, and where.
type Account struct {
	// Name tells accounts apart in errors and logs.
	Name        string
	Credentials Credentials
	// AssumeRole is the ARN of a role that the credentials assume first. Optional.
	AssumeRole string
	// Signature is how calls are signed: hmac-sha1, or empty, as the SDK v1 does;
	// acs3 by Alibaba Cloud's newer ACS3-HMAC-SHA256. What the SDK's own providers
	// of credentials call (OIDC) is not affected.
	Signature string
	// Endpoints take the place of the products' own ones, by lower-case product
	// ("sas", "oos", "sts"), or product and region ("sas/ap-southeast-1"), which
	// goes first: host, host:port, https://host or http://host, in which {region}
	// stands for the region. Empty ones count as not given.
	Endpoints map[string]string
}

// Credentials say where access keys come from. It prints as its Type alone.
type Credentials struct {
	// Type is one of:
	//
	//   - default, or empty: the environment, OIDC, ~/.aliyun/config.json,
	//     ~/.alibabacloud/credentials, the ECS instance's role, a credentials
	//     URI, whichever is there first
	//   - access_key: AccessKeyID and AccessKeySecret
	//   - sts: the same and SecurityToken
	//   - ram_role_arn: the same, with which RoleARN is assumed
	//   - ecs_ram_role: the role of the ECS instance, RoleName or the one it has
	//   - oidc: OIDCProviderARN, OIDCTokenFile and RoleARN (RRSA)
	//   - profile: Profile of the CLI's ~/.aliyun/config.json, or its current one
	//   - uri: URI, a local server that answers keys
	Type string

	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string

	RoleARN         string
	RoleSessionName string // default: syncer
	ExternalID      string
	RoleName        string

	OIDCProviderARN string
	OIDCTokenFile   string

	Profile string
	URI     string
}

// Format writes the Type, whatever the verb: credentials must not be logged.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "credentials of type %s", c.kind()) }

// LogValue is the Type, see [Credentials.Format].
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.kind()) }

func (c Credentials) kind() string {
	if c.Type == "" {
		return "default"
	}
	return c.Type
}

// An endpoint is where a product is served.
type endpoint struct {
	scheme string // http or https
	host   string // host or host:port
}

// endpoint is where a product is asked about a region: where the account says, or at the
// host of a template, or else where the product is served.
func (c *Client) endpoint(product, region, template string) (endpoint, error) {
	product = strings.ToLower(product)
	for _, name := range []string{product + "/" + region, product} {
		if given := c.endpoints[name]; given != "" {
			return parseEndpoint(given, region)
		}
	}
	if template != "" && hostLabel.MatchString(region) {
		host := strings.NewReplacer("{region}", region, "{centre}", centre(region)).Replace(template)
		return endpoint{scheme: "https", host: host}, nil
	}
	return productEndpoint(product, region)
}

// centre is the region in which a centre of Security Center is served.
func centre(region string) string {
	if region == "cn-hangzhou" { // which is all China
		return "cn-shanghai"
	}
	return region
}

// parseEndpoint reads an endpoint of the configuration; https is meant where
// no scheme is given.
func parseEndpoint(s, region string) (endpoint, error) {
	s = strings.ReplaceAll(s, "{region}", region)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return endpoint{}, withoutURL(err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return endpoint{}, fmt.Errorf("scheme %q is neither https nor http", u.Scheme)
	case u.Host == "":
		return endpoint{}, errors.New("no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return endpoint{}, errors.New("more than a host and a port")
	}
	return endpoint{scheme: u.Scheme, host: u.Host}, nil
}

// hostLabel is what may become part of a host name.
var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// productEndpoint is where Alibaba Cloud serves a product, in lower case. Security
// Center has two centres and a host name of its own, STS a central endpoint; all
// else follows the common pattern.
//
// https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-endpoint
func productEndpoint(product, region string) (endpoint, error) {
	if !hostLabel.MatchString(product) {
		return endpoint{}, fmt.Errorf("product %q is no host name", product)
	}
	if !hostLabel.MatchString(region) {
		return endpoint{}, fmt.Errorf("region %q is no region ID such as cn-hangzhou", region)
	}
	host := product + "." + region + ".aliyuncs.com"
	switch product {
	case "sts":
		host = "sts.aliyuncs.com"
	case "sas":
		host = "tds." + centre(region) + ".aliyuncs.com"
	}
	return endpoint{scheme: "https", host: host}, nil
}
