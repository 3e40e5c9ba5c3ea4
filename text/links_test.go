package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWithoutCredentials(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://b.oss.aliyuncs.com/r.html?Expires=1&OSSAccessKeyId=LTAI&Signature=SECRET": "https://b.oss.aliyuncs.com/r.html",
		" https://b.oss.aliyuncs.com/r.html?Signature=SECRET":                              " https://b.oss.aliyuncs.com/r.html",
		"run wget https://h/a.sh?x-oss-signature=SECRET -O a.sh":                           "run wget https://h/a.sh -O a.sh",
		`run "wget https://h/a.sh?e=1&Signature=SECRET" now, or https://h/b?sig=SECRET`:    `run "wget https://h/a.sh" now, or https://h/b`,
		"HTTPS://h/a?SIG=SECRET":                                             "HTTPS://h/a",
		"https://h/a?sv=1&sr=b&sig=SECRET&se=2":                              "https://h/a",
		"https://h/a?X-Amz-Credential=c&X-Amz-Signature=SECRET":              "https://h/a",
		"https://h/a?security-token=SECRET":                                  "https://h/a",
		"https://h/a#access_token=SECRET":                                    "https://h/a",
		"https://h/a?auth_key=1-0-0-SECRET":                                  "https://h/a",
		"h/a?Expires=1&Signature=SECRET":                                     "h/a",
		"https://h/my file?a=b c&Signature=SECRET":                           "https://h/my file?a=b c",
		"https://u:SECRET@h/a":                                               "https://h/a",
		"https://u:S@ECRET@h/a?b=c":                                          "https://h/a?b=c",
		"//u:SECRET@h/a":                                                     "//h/a",
		"ftp://u:SECRET@h and postgres://u:SECRET@h/db":                      "ftp://h and postgres://h/db",
		`{"url":"https:\/\/u:SECRET@h\/a?e=1\u0026Signature=SECRET","n":1}`:  `{"url":"https:\/\/h\/a","n":1}`,
		`{\"url\":\"https://h/a?e=1\\u0026Signature\\u003dSECRET\",\"n\":1}`: `{\"url\":\"https://h/a\",\"n\":1}`,
		"<a href='https://h/a?e=1&amp;Signature=SECRET'>a</a>":               "<a href='https://h/a'>a</a>",
		"https%3A%2F%2Fu%3ASECRET%40h%2Fa%3Fe%3D1%26Signature%3DSECRET":      "https%3A%2F%2Fh%2Fa",
		"https://h/?to=https%3A%2F%2Fb%2F%3FSignature%3DSECRET":              "https://h/",
		"https%253A%252F%252Fh%252Fa%253FSignature%253DSECRET":               "https%253A%252F%252Fh%252Fa",
		"下载https://h/a?Signature=SECRET，然后运行":                                "下载https://h/a，然后运行",
		"https://h/a?名=1&Signature=SECRET":                                   "https://h/a",

		"":                                   "",
		"https://h/a?page=2&lang=en#part":    "https://h/a?page=2&lang=en#part",
		"really? yes, 50% of a@b.com; a & b": "really? yes, 50% of a@b.com; a & b",
		"https://h/%E4%B8%AD?q=%":            "https://h/%E4%B8%AD?q=%",
		"https%3A%2F%2Fh%2Fa%3Fmail%3Da%40b": "https%3A%2F%2Fh%2Fa%3Fmail%3Da%40b",
		"https://h/path/a@b":                 "https://h/path/a@b",
		"what? sig=1":                        "what? sig=1",
		"https://h/?design=1&monkey=2":       "https://h/?design=1&monkey=2",
		"a // b@c":                           "a // b@c",
	} {
		require.Equal(t, want, WithoutCredentials(given), given)
		require.Equal(t, want, Stored(given), given)
		require.Equal(t, want, WithoutCredentials(want), "it is done once")
	}
}

// No signature of a link stays, whatever stands around it, and it takes no longer
// than a text of its length may.
func FuzzWithoutCredentials(f *testing.F) {
	for _, around := range []string{"", "wget ", `{"url":"`, "%", "?", "https://h/?a=b ", "\\", "//@", "&amp;", "%3A%2F%2F", "\\u0026", "\x80"} {
		f.Add(around, around)
	}
	f.Fuzz(func(t *testing.T, before, behind string) {
		if strings.Contains(before+behind, "ICRET") || !utf8.ValidString(before) || !utf8.ValidString(behind) {
			return
		}
		got := WithoutCredentials(before + "https://h/a?Signature=SICRET " + behind)
		require.NotContains(t, got, "SICRET")
		require.Equal(t, WithoutCredentials(Clean(behind)), Stored(behind))
		require.True(t, utf8.ValidString(got))
	})
}
