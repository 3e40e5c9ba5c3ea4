package fetch

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"syncer/source"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// The scanner and the fast decoders are held against what they stand for:
// encoding/json says what JSON is, gjson what it holds, package time what a
// time is. rapid draws the texts; FuzzScan takes any.

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

func TestFastDecodingIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := drawBody().Draw(t, "body")
		if rapid.Bool().Draw(t, "broken") {
			body = broken(t, body)
		}
		checkExact(t, body)
	})
}

func FuzzScan(f *testing.F) {
	f.Add(`{"List":[{"Text":"x","Url":"u","BigInt":"12","Iso":"2021-09-10T11:42:22Z","Text":null},{"\u0054ext":"\n"},[],1]}`)
	f.Add(patchPage(true)[:2000])
	f.Fuzz(func(t *testing.T, body string) { checkExact(t, body) })
}

// checkExact compares a body's decoding with the one by encoding/json and gjson.
func checkExact(t require.TestingT, body string) {
	require.Equal(t, json.Valid([]byte(body)), isJSON(body), "%q", body)
	answer, ok := parseReply(body)
	require.Equal(t, isJSON(body) && gjson.Parse(body).IsObject(), ok, "%q", body)
	if !ok {
		return
	}
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
	fast, slow := newDecoder(request), newDecoder(request)
	for range 2 { // what a decoder guesses of the pages before must not show
		want, got := slowPage(slow, items), fast.page(items)
		require.Len(t, got, len(want), "%q", body)
		for i := range want {
			require.Equal(t, want[i], got[i], "%q", body)
		}
		require.Equal(t, slow.unknown, fast.unknown, "%q", body)
		require.Equal(t, slow.refused, fast.refused, "%q", body)
		require.Equal(t, slow.unusable, fast.unusable, "%q", body)
	}
}

// slowPage is decoder.page by gjson, field by field.
func slowPage(d *decoder, items gjson.Result) []source.Row {
	var rows []source.Row
	take := func(_, item gjson.Result) bool {
		if !item.IsObject() {
			d.unusable++
			return true
		}
		found := map[int]gjson.Result{}
		var others []member
		item.ForEach(func(name, value gjson.Result) bool {
			if i, known := d.fields[name.Str]; known {
				found[i] = value
			} else {
				others = append(others, member{clean(name.Str), value})
				count(d.unknown, clean(name.Str))
			}
			return true
		})
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
		return true
	}
	if items.IsArray() {
		items.ForEach(take)
	} else {
		take(gjson.Result{}, items)
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

func TestSecondsAreThoseOfPackageTime(t *testing.T) {
	t.Parallel()
	check := func(text string) (fast bool) {
		got, ok := decodeSeconds(text)
		if ok {
			want, err := time.Parse(time.RFC3339, text)
			if err != nil || got != source.TimeValue(want) { // require takes longer than all the rest
				t.Fatalf("%q: %v, %v", text, got, err)
			}
		}
		return ok
	}
	first, end := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := first; day.Before(end); day = day.AddDate(0, 0, 1+day.Year()%13) {
		at := day.Add(time.Duration(day.YearDay()*223) * time.Second)
		if fast := check(at.Format(time.RFC3339)); fast != (day.Day() <= 28) {
			t.Fatal(at, fast)
		}
	}
	const text = "2021-09-10T11:42:22Z"
	for i := range text {
		for c := range 256 {
			check(text[:i] + string([]byte{byte(c)}) + text[i+1:])
		}
		check(text[:i])
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, 9, 10, 12345678, 999_999_999_999_999_999} {
		got, ok := digits(fmt.Sprint(n))
		require.True(t, ok)
		require.Equal(t, n, got)
	}
	for _, text := range []string{"", "00", "01", "-1", "+1", "1.0", "1e1", " 1", "1 ", "a", fmt.Sprint(int64(math.MaxInt64))} {
		_, ok := digits(text)
		require.False(t, ok, text)
	}
}

// A page of the API's own example decodes alike, however it is spaced.
func TestSpacingMakesNoDifference(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/ListInstancePatchStates.json")
	require.NoError(t, err)
	want, _ := decodePage(&source.InstancePatchStates, string(body))
	got, _ := decodePage(&source.InstancePatchStates, gjson.GetBytes(body, "@ugly").Raw)
	require.Equal(t, want, got)
}
