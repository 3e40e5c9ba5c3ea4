package fetch

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"syncer/source"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// What is read of an answer is held against encoding/json, which says what JSON is and
// what it holds. rapid draws the texts; FuzzScan takes any.

func TestScanAcceptsJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `0`, `-0`, `00`, `01`, `-`, `--1`, `+1`, `.5`, `1.`, `1.5`, `1e5`, `1E+5`, `1e`, `1e-`, `-.1`, `1.e1`, `0x1`, `1 2`,
		`true`, `tru`, `trues`, `null`, `nul`, `false`, `nan`, `""`, `"`, `"a`, `"\"`, `"\\"`, `"\u12"`, `"\u12G4"`, `"\uD800"`, `"\x"`, `"\`, `"\u`,
		"\"\x00\"", "\"\x1f\"", "\" \"", "\"\t\"", "\"\x7f\xff\"", "\"1234567\x1f\"", "\"12345678\\\"", "\"!#[]\"", "\x00", "1\x00",
		`[]`, `[ ]`, `[,]`, `[1,]`, `[1 2]`, `[1`, `[`, `]`, `[1]]`, `[}`, `{}`, `{ }`, `{]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":1 "b":2}`,
		`{"a" : 1 , "b":[{}]}`, "\v1", "\uFEFF1", "\u00a01", " \t\r\n[ 1 , 2 ] \n", `{"a":1}x`,
		nested(maxNesting), nested(maxNesting + 1), strings.Repeat(`{"a":`, maxNesting) + `1` + strings.Repeat(`}`, maxNesting),
	} {
		require.Equal(t, json.Valid([]byte(text)), isJSON(text), "%.60q", text)
	}
	for c := range 256 { // every byte at every place of the eight, in a string
		for at := range 10 {
			text := []byte(`"0123456789"`)
			text[1+at] = byte(c)
			require.Equal(t, json.Valid(text), isJSON(string(text)), "%q", text)
		}
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestDecodingIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := drawBody().Draw(t, "body")
		if rapid.Bool().Draw(t, "broken") {
			body = broken(t, body)
		}
		checkExact(t, body)
	})
}

// TestSurrogates: a string with halves of surrogate pairs is what encoding/json reads. Nothing
// that follows a half is lost with it.
func TestSurrogates(t *testing.T) {
	t.Parallel()
	pieces := []string{`\ud800`, `\uD83D`, `\ude00`, `\uDFFF`, `\u0041`, `\u6d6d`, `\ufffd`, `\\`, `\"`, `\n`, `\/`, "ud800", "A", "ü", "𝄞"}
	rapid.Check(t, func(t *rapid.T) {
		text := `"` + strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 8).Draw(t, "pieces"), "") + `"`
		var want string
		require.NoError(t, json.Unmarshal([]byte(text), &want))
		require.Equal(t, want, gjson.Parse(wholePairs(text)).Str, text)
		answer, ok := parseReply(`{` + text + `: [` + text + `]}`)
		require.True(t, ok)
		require.Equal(t, field{want, answer.fields[0].value}, answer.fields[0])
		require.Equal(t, want, answer.fields[0].value.Get("0").Str)
		inner, err := json.Marshal(`[` + text + `]`)
		require.NoError(t, err)
		got, ok := new(decoder).decodeJSON(gjson.ParseBytes(inner))
		require.True(t, ok)
		var list []string
		require.NoError(t, json.Unmarshal([]byte(got.Text), &list))
		require.Equal(t, []string{want}, list)
	})
}

func FuzzScan(f *testing.F) {
	f.Add(`{"List":[{"Text":"x","Url":"u","BigInt":"12","Iso":"2021-09-10T11:42:22Z","Text":null},{"\u0054ext":"\n"},[],1]}`)
	f.Add(patchPage(true)[:2000])
	f.Fuzz(func(t *testing.T, body string) { checkExact(t, body) })
}

// checkExact compares a body's decoding with the one by encoding/json.
func checkExact(t require.TestingT, body string) {
	require.Equal(t, json.Valid([]byte(body)), isJSON(body), "%q", body)
	answer, ok := parseReply(body)
	require.Equal(t, isJSON(body) && gjson.Parse(body).IsObject(), ok, "%q", body)
	if !ok {
		return
	}
	body = answer.text
	for _, path := range []string{"List", "Page", "Page.Next", "Page.Total", "RequestId", "Absent", ""} {
		got, want := answer.get(path), gjson.Get(body, path)
		require.Equal(t, want.Raw, got.Raw, "%s of %q", path, body)
		require.Equal(t, want.Type, got.Type)
		require.Equal(t, want.String(), got.String())
	}
	items := answer.get("List")
	if !items.IsArray() && !items.IsObject() {
		return
	}
	request := Request{Source: &allTypes, Sweep: &allTypes.Sweeps[0]}
	own, other := newDecoder(request), newDecoder(request)
	for range 2 { // what a decoder keeps of the page before must not show
		want, got := otherPage(t, other, strings.TrimSpace(items.Raw)), own.page(items)
		require.Len(t, got, len(want), "%q", body)
		for i := range want {
			require.Equal(t, want[i], got[i], "%q", body)
		}
		require.Equal(t, other.unknown, own.unknown, "%q", body)
		require.Equal(t, other.refused, own.refused, "%q", body)
		require.Equal(t, other.unusable, own.unusable, "%q", body)
	}
}

// otherPage is decoder.page by encoding/json, token by token.
func otherPage(t require.TestingT, d *decoder, items string) []source.Row {
	list := []json.RawMessage{json.RawMessage(items)}
	if items[0] == '[' {
		require.NoError(t, json.Unmarshal([]byte(items), &list))
	}
	var rows []source.Row
	for _, item := range list {
		if item[0] != '{' {
			d.unusable++
			continue
		}
		found := map[int]gjson.Result{}
		var others []member
		tokens := json.NewDecoder(bytes.NewReader(item))
		_, err := tokens.Token()
		require.NoError(t, err)
		for tokens.More() {
			name, err := tokens.Token()
			require.NoError(t, err)
			var raw json.RawMessage
			require.NoError(t, tokens.Decode(&raw))
			value := gjson.ParseBytes(raw)
			if f, known := d.fields.inner[name.(string)]; known {
				found[f.column] = value
			} else {
				others = append(others, member{clean(name.(string)), value})
				count(d.unknown, clean(name.(string)))
			}
		}
		row := make(source.Row, len(d.columns)+1)
		for i := range d.columns {
			value, there := found[i]
			if !there {
				continue
			}
			var ok bool
			if row[i], ok = d.decode(&d.columns[i], value); !ok {
				count(d.refused, d.columns[i].Field)
				others = append(others, member{d.columns[i].Field, value})
			}
		}
		if len(others) > 0 {
			row[len(row)-1] = source.TextValue(string(appendMembers(nil, others, 0)))
		}
		rows = append(rows, row)
	}
	return rows
}

// drawBody draws JSON of an answer, spaced and ordered in any way, with fields
// twice, written with escapes, unknown and of the wrong type.
func drawBody() *rapid.Generator[string] {
	space := rapid.SampledFrom([]string{"", "", "", " ", "\n\t", " \r\n        "})
	name := rapid.SampledFrom(append(fieldNames(), "Other", "é", `\u0054ext`, `Big\u0049nt`, `q\"`, "", "Textual", "Tex"))
	value := rapid.SampledFrom([]string{
		`"plain"`, `""`, `"-"`, `"-\n"`, `"a\nb"`, `"\u0000"`, `"\ud800"`, `"é漢“”"`, "\"\xff\"", `"https://u:p@h/x?Signature=1"`, `"ends\\"`, `"\\\""`,
		`"0"`, `"7"`, `"-7"`, `"007"`, `"999999999999999999"`, `"9999999999999999999"`, `"12.0"`, `0`, `12`, `1.5`, `-0`, `1e3`, `1672741657897`,
		`"2021-09-10T11:42:22Z"`, `"2021-02-29T11:42:22Z"`, `"2021-09-10T24:00:00Z"`, `"2021-09-10T11:42Z"`, `"0000-01-01T00:00:00Z"`,
		`true`, `false`, `null`, `"true"`, `{}`, `[]`, `{"b":[1,{"a":null}],"a":"x"}`, `"{\"b\":1,\"a\":[ ]}"`, `"[1]"`, `"null"`, `[[["]}"]]]`,
	})
	object := func(name, value *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			text := "{" + space.Draw(t, "space")
			for i := range rapid.IntRange(0, 12).Draw(t, "fields") {
				if i > 0 {
					text += "," + space.Draw(t, "space")
				}
				text += `"` + name.Draw(t, "name") + `"` + space.Draw(t, "space") + ":" + space.Draw(t, "space") + value.Draw(t, "value") + space.Draw(t, "space")
			}
			return text + "}"
		})
	}
	return rapid.Custom(func(t *rapid.T) string {
		list := rapid.SliceOfN(rapid.OneOf(object(name, value), object(name, value), value), 0, 5).Draw(t, "items")
		text := "[" + space.Draw(t, "space") + strings.Join(list, space.Draw(t, "space")+","+space.Draw(t, "space")) + space.Draw(t, "space") + "]"
		page := object(rapid.SampledFrom([]string{"Next", "Total", "Nex\\u0074"}), value)
		top := object(
			rapid.SampledFrom([]string{"List", "List", "Page", "Page", "RequestId", `Li\u0073t`, ""}),
			rapid.OneOf(rapid.Just(text), page, value))
		return space.Draw(t, "space") + top.Draw(t, "body") + space.Draw(t, "space")
	})
}

// broken changes some bytes of a text.
func broken(t *rapid.T, text string) string {
	for range rapid.IntRange(1, 3).Draw(t, "changes") {
		from := rapid.IntRange(0, len(text)).Draw(t, "from")
		to := min(len(text), from+rapid.IntRange(0, 3).Draw(t, "length"))
		text = text[:from] + rapid.SampledFrom([]string{"", `"`, `\`, "{", "}", "[", "]", ",", ":", "0", "-", "e", ".", "n", " ", "\x00", "\x1f", "\xff"}).Draw(t, "in place") + text[to:]
	}
	return text
}

// A page of the API's own example decodes alike, however it is spaced.
func TestSpacingMakesNoDifference(t *testing.T) {
	t.Parallel()
	body := source.Page(source.InstancePatchStates.Name)
	want, _ := decodePage(&source.InstancePatchStates, string(body))
	got, _ := decodePage(&source.InstancePatchStates, gjson.GetBytes(body, "@ugly").Raw)
	require.Equal(t, want, got)
}
