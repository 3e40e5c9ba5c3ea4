package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// roleCloud gives out role keys that hold for a while, and accepts the newest.
func roleCloud(t *testing.T, holds time.Duration) (*cloud, *atomic.Int64) {
	var assumed atomic.Int64
	var c *cloud
	c = newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
		if q.Get("Action") == "AssumeRole" {
			n := assumed.Add(1)
			id := fmt.Sprintf("STS.role%d", n)
			c.mu.Lock()
			c.secret[id] = "role-secret"
			c.mu.Unlock()
			write(w, map[string]any{"Credentials": map[string]string{
				"AccessKeyId": id, "AccessKeySecret": "role-secret", "SecurityToken": fmt.Sprintf("token%d", n),
				"Expiration": time.Now().Add(holds).UTC().Format(time.RFC3339),
			}})
			return
		}
		if q.Get("SecurityToken") != fmt.Sprintf("token%d", assumed.Load()) {
			refuse(w, 400, "InvalidSecurityToken.Expired", "expired")
			return
		}
		fmt.Fprint(w, `{}`)
	})
	return c, &assumed
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	c, assumed := roleCloud(t, time.Hour)
	client := c.client(func(a *Account, _ *Options) { a.AssumeRole = "acs:ram::1:role/reader" })
	var wg sync.WaitGroup
	for range 20 { // together, they assume it once
		wg.Go(func() {
			if _, err := client.Call(t.Context(), aCall); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, assumed.Load())
	q := c.asked()[0]
	require.Equal(t, testID, q.Get("AccessKeyId"))
	require.Equal(t, "acs:ram::1:role/reader", q.Get("RoleArn"))
	require.Equal(t, "syncer", q.Get("RoleSessionName"))

	// The cloud forgets the keys: they are renewed once, and the call made again.
	assumed.Add(1)
	_, err := client.Call(t.Context(), aCall)
	require.NoError(t, err)
	require.EqualValues(t, 3, assumed.Load())
}

func TestRoleKeysAreReplacedBeforeTheirEnd(t *testing.T) {
	t.Parallel()
	c, assumed := roleCloud(t, roleMargin-time.Second)
	client := c.client(func(a *Account, _ *Options) {
		a.Credentials.Type, a.Credentials.RoleARN, a.Credentials.ExternalID = "ram_role_arn", "acs:ram::1:role/reader", "ext"
	})
	for range 3 {
		_, err := client.Call(t.Context(), aCall)
		require.NoError(t, err)
	}
	require.EqualValues(t, 3, assumed.Load())
	require.Equal(t, "ext", c.asked()[0].Get("ExternalId"))
}

// TestRoleKeysEndByTheCloudsClock: the end of keys is in the cloud's time, so it is
// compared with the cloud's clock and not with this machine's.
func TestRoleKeysEndByTheCloudsClock(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]int64{2 * time.Hour: 3, -2 * time.Hour: 1} {
		var c *cloud
		assumed := atomic.Int64{}
		c = newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
			now := time.Now().Add(ahead)
			w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
			if q.Get("Action") != "AssumeRole" {
				fmt.Fprint(w, `{}`)
				return
			}
			holds := time.Hour
			if ahead > 0 {
				holds = roleMargin - time.Minute // to be replaced at each call
			}
			id := fmt.Sprintf("STS.%d", assumed.Add(1))
			c.mu.Lock()
			c.secret[id] = "s"
			c.mu.Unlock()
			fmt.Fprintf(w, `{"Credentials":{"AccessKeyId":%q,"AccessKeySecret":"s","SecurityToken":"t","Expiration":%q}}`,
				id, now.Add(holds).UTC().Format(time.RFC3339))
		})
		c.ahead = ahead
		client := c.client(func(a *Account, _ *Options) { a.AssumeRole = "r" })
		for range 3 {
			_, err := client.Call(t.Context(), aCall)
			require.NoError(t, err)
		}
		require.Equal(t, want, assumed.Load())
	}
}

// TestServedKeysEndByTheCloudsClock: as a role's, those of a key server.
func TestServedKeysEndByTheCloudsClock(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]int64{2 * time.Hour: 4, -2 * time.Hour: 2} {
		var served atomic.Int64
		keyServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			served.Add(1)
			holds := time.Hour
			if ahead > 0 {
				holds = roleMargin - time.Minute
			}
			write(w, map[string]string{
				"AccessKeyId": testID, "AccessKeySecret": testSecret, "SecurityToken": testToken,
				"Expiration": time.Now().Add(ahead + holds).UTC().Format(time.RFC3339),
			})
		}))
		t.Cleanup(keyServer.Close)
		c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			fmt.Fprint(w, `{}`)
		})
		c.ahead = ahead
		client := c.client(func(a *Account, _ *Options) { a.Credentials = Credentials{Type: "uri", URI: keyServer.URL} })
		for range 4 { // before the first answer, the cloud's clock is not known
			_, err := client.Call(t.Context(), aCall)
			require.NoError(t, err)
		}
		require.LessOrEqual(t, want-1, served.Load())
		require.LessOrEqual(t, served.Load(), want)
	}
}

func TestRoleKeysThatHoldOutliveAFailingSTS(t *testing.T) {
	t.Parallel()
	var assumed atomic.Int64
	var c *cloud
	c = newCloud(t, func(w http.ResponseWriter, q url.Values, n int) {
		switch {
		case q.Get("Action") != "AssumeRole":
			fmt.Fprint(w, `{}`)
		case assumed.Add(1) > 1:
			refuse(w, 403, "NoPermission", "")
		default:
			c.mu.Lock()
			c.secret["STS.a"] = "s"
			c.mu.Unlock()
			fmt.Fprintf(w, `{"Credentials":{"AccessKeyId":"STS.a","AccessKeySecret":"s","SecurityToken":"t","Expiration":%q}}`,
				time.Now().Add(time.Minute).UTC().Format(time.RFC3339))
		}
	})
	client := c.client(func(a *Account, _ *Options) { a.AssumeRole = "r" })
	for range 5 {
		_, err := client.Call(t.Context(), aCall)
		require.NoError(t, err)
	}
	require.EqualValues(t, 2, assumed.Load(), "not asked again at every call")
}

func TestRoleRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { refuse(w, 403, "NoPermission", "no") })
	_, err := c.client(func(a *Account, _ *Options) { a.AssumeRole = "acs:ram::1:role/reader" }).Call(t.Context(), aCall)
	require.ErrorIs(t, err, ErrRefused)
	require.ErrorContains(t, err, "assume role acs:ram::1:role/reader")
	require.ErrorContains(t, err, "grant the RAM user or role the action sts:AssumeRole")
}

func TestExpiredTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
		refuse(w, 400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
	})
	_, err := c.client(func(a *Account, _ *Options) {
		a.Credentials.Type, a.Credentials.SecurityToken = "sts", testToken
	}).Call(t.Context(), aCall)
	require.ErrorIs(t, err, ErrCredentials)
	require.ErrorContains(t, err, "give new credentials")
	require.False(t, Retryable(err))
	require.Len(t, c.asked(), 2)
}

func TestKeysFromURI(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	keyServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if served.Add(1) == 1 {
			w.WriteHeader(500)
			fmt.Fprint(w, testSecret)
			return
		}
		write(w, map[string]string{
			"AccessKeyId": testID, "AccessKeySecret": testSecret, "SecurityToken": testToken,
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		})
	}))
	t.Cleanup(keyServer.Close)
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, n int) {
		if q.Get("SecurityToken") != testToken {
			t.Error("no token")
		}
		fmt.Fprint(w, `{}`)
	})
	client := c.client(func(a *Account, _ *Options) {
		a.Credentials = Credentials{Type: "uri", URI: keyServer.URL + "/" + testID}
	})
	_, err := client.Call(t.Context(), aCall)
	require.ErrorIs(t, err, ErrCredentials)
	require.True(t, Retryable(err))
	require.NotContains(t, err.Error(), testSecret)
	require.NotContains(t, err.Error(), testID)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := client.Call(t.Context(), aCall); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 2, served.Load())
}

// TestNoKeysFromURI: an answer that says failure gives no keys, whatever else it holds.
func TestNoKeysFromURI(t *testing.T) {
	t.Parallel()
	keys := fmt.Sprintf(`"AccessKeyId":%q,"AccessKeySecret":%q,"SecurityToken":%q,"Expiration":"2100-01-01T00:00:00Z"`, testID, testSecret, testToken)
	for body, want := range map[string]struct {
		says  string
		retry bool
	}{
		`{}`:                                      {"the answer holds no keys", true},
		`{"Code":"Success"}`:                      {"the answer holds no keys", true},
		`{"Code":"InternalError",` + keys + `}`:   {"InternalError (HTTP 200)", true},
		`{"code":"NoPermission",` + keys + `}`:    {"NoPermission (HTTP 200)", false},
		`{"Success":false,` + keys + `}`:          {"the answer holds no keys", true},
		`{"Code":"` + testID + `",` + keys + `}`:  {"the answer holds no keys", false},
		`{"Code":"Success",` + keys + `,"x":NaN}`: {"the answer holds no keys", true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, `{}`) })
		_, err := c.client(func(a *Account, _ *Options) { a.Credentials = Credentials{Type: "uri", URI: server.URL} }).Call(t.Context(), aCall)
		require.ErrorIs(t, err, ErrCredentials, body)
		require.ErrorContains(t, err, want.says)
		require.Equal(t, want.retry, Retryable(err), body)
		for _, secret := range []string{testID, testSecret, testToken, server.URL} {
			require.NotContains(t, err.Error(), secret)
		}
		require.Empty(t, c.asked())
		server.Close()
	}
}

func TestKeysFromTheMachine(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, name := range []string{"ALIBABA_CLOUD_PROFILE", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_CREDENTIALS_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, `{}`) })
	for _, kind := range []string{"profile", "default"} {
		client := c.client(func(a *Account, _ *Options) { a.Credentials = Credentials{Type: kind} })
		config := filepath.Join(home, ".aliyun", "config.json")
		require.NoError(t, os.MkdirAll(filepath.Dir(config), 0o700))
		require.NoError(t, os.WriteFile(config, []byte(testSecret+`{"profiles": broken`), 0o600))
		_, err := client.Call(t.Context(), aCall)
		require.ErrorIs(t, err, ErrCredentials)
		require.NotContains(t, err.Error(), testSecret)

		// What was missing has come: the same client finds it.
		require.NoError(t, os.WriteFile(config, fmt.Appendf(nil,
			`{"current":"p","profiles":[{"name":"p","mode":"AK","access_key_id":%q,"access_key_secret":%q}]}`, testID, testSecret), 0o600))
		_, err = client.Call(t.Context(), aCall)
		require.NoError(t, err)
		require.NoError(t, os.Remove(config))
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", testID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", testSecret)
	_, err := c.client(func(a *Account, _ *Options) { a.Credentials = Credentials{} }).Call(t.Context(), aCall)
	require.NoError(t, err)
}
