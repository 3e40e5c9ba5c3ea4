package fetch

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRoomIsFreeAgain: whatever is asked for, and of whatever client, the room that a large
// answer takes is free again, be it a good answer or a refusal. Each method that the package
// exports stands here.
func TestRoomIsFreeAgain(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 2*smallAnswer)
	answers := map[string]object{
		"ListAccountsInResourceDirectory": {"Accounts": []object{{"AccountId": "1234567890123456", "DisplayName": "one"}}},
		"DescribeRegions":                 {"Regions": []object{{"RegionId": "cn-hangzhou"}}},
		"GetCallerIdentity":               {"AccountId": "1234567890123456", "Arn": "acs:ram::1234567890123456:root"},
		"AssumeRole": {"Credentials": object{
			"AccessKeyId": testID, "AccessKeySecret": testSecret, "SecurityToken": testToken,
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		}},
	}
	listed, one := listing(byNumber)
	methods := map[string]func(ctx context.Context, c *Client) error{
		"Members":        func(ctx context.Context, c *Client) error { _, err := c.Members(ctx, "cn-hangzhou"); return err },
		"OOSRegions":     func(ctx context.Context, c *Client) error { _, err := c.OOSRegions(ctx); return err },
		"CallerIdentity": func(ctx context.Context, c *Client) error { _, _, err := c.CallerIdentity(ctx); return err },
		"AccountID":      func(ctx context.Context, c *Client) error { _, err := c.AccountID(ctx); return err },
		"Call":           func(ctx context.Context, c *Client) error { _, err := c.Call(ctx, aCall); return err },
		"Sweep": func(ctx context.Context, c *Client) error {
			_, err := c.Sweep(ctx, Request{Source: listed, Sweep: one, Region: "cn-hangzhou"}, &recorder{})
			return err
		},
		"Assume": func(context.Context, *Client) error { return nil }, // asks nothing; what it gives is asked below
		"AccessKey": func(ctx context.Context, c *Client) error {
			if _, _, _, err := c.AccessKey(ctx); err != nil { // which asks for a role's key only
				return err
			}
			_, err := c.AccountID(ctx)
			return err
		},
		"KnownID": func(context.Context, *Client) error { return nil },
		"Close":   func(context.Context, *Client) error { return nil },
	}
	exported := reflect.TypeFor[*Client]()
	for i := range exported.NumMethod() {
		require.Contains(t, methods, exported.Method(i).Name)
	}
	for name, ask := range methods {
		for _, refused := range []bool{false, true} {
			cloud := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
				answer := object{"Padding": large}
				switch given, ok := answers[q.Get("Action")]; {
				case refused && q.Get("Action") != "AssumeRole":
					answer["Code"] = "NoPermission"
				case ok:
					for field, value := range given {
						answer[field] = value
					}
				default:
					answer["List"], answer["PageInfo"] = []object{{"Id": "1", "Text": large}}, object{"TotalCount": 1}
				}
				write(w, answer)
			})
			own := cloud.client()
			own.memory = newMemory(maxHeld)
			for of, client := range map[string]*Client{"own": own, "assumed": own.Assume("member", "acs:ram::2:role/reader")} {
				require.Same(t, own.memory, client.memory)
				err := ask(t.Context(), client)
				if refused && name != "Assume" && name != "KnownID" && name != "Close" {
					require.ErrorIs(t, err, ErrRefused, "%s of the %s client", name, of)
				} else {
					require.NoError(t, err, "%s of the %s client", name, of)
				}
				require.True(t, own.memory.free.TryAcquire(own.memory.size), "%s of the %s client keeps room", name, of)
				own.memory.free.Release(own.memory.size)
			}
		}
	}
}
