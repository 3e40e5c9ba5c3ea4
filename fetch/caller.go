package fetch

import (
	"context"
	"regexp"
)

// stsRegion is the region in calls of STS, which has no regions.
const stsRegion = "cn-hangzhou"

// AccountID returns the ID of the account that the credentials belong to. It asks the cloud
// once.
func (c *Client) AccountID(ctx context.Context) (string, error) {
	if id := c.KnownID(); id != "" {
		return id, nil
	}
	id, _, err := c.CallerIdentity(ctx)
	return id, err
}

// KnownID is AccountID without a call; empty if the cloud was not asked yet.
func (c *Client) KnownID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accountID
}

// accountIDs matches valid account IDs. All tables have the ID in their keys.
var accountIDs = regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)

// CallerIdentity asks the cloud who the credentials belong to: the account, and the ARN of
// the user or the role. It needs no permission.
//
// https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity
func (c *Client) CallerIdentity(ctx context.Context) (accountID, arn string, err error) {
	answer, err := c.send(ctx, c.who, shipment{
		Call: Call{Product: "Sts", Version: "2015-04-01", Action: "GetCallerIdentity", Region: stsRegion},
		lacks: func(answer reply) string {
			if !accountIDs.MatchString(answer.get("AccountId").String()) {
				return "the answer holds no AccountId"
			}
			return ""
		},
	})
	if err != nil {
		return "", "", err
	}
	defer answer.release()
	accountID = answer.get("AccountId").String()
	c.mu.Lock()
	c.accountID = accountID
	c.mu.Unlock()
	return accountID, answer.get("Arn").String(), nil
}
