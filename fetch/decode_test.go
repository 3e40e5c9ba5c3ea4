package fetch

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"syncer/source"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

var null = source.Value{}

func TestValues(t *testing.T) {
	t.Parallel()
	text, number, double := source.TextValue, source.IntValue, source.DoubleValue
	at := func(s string) source.Value {
		moment, err := time.Parse(time.RFC3339Nano, s)
		require.NoError(t, err)
		return source.TimeValue(moment)
	}
	deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
	for _, tt := range []struct {
		kind    source.Type
		json    string
		want    source.Value
		refused bool
	}{
		{kind: source.Text, json: `"Installed\r\n\n"`, want: text("Installed")},
		{kind: source.Text, json: `"a\nb"`, want: text("a\nb")},
		{kind: source.Text, json: `""`, want: text("")},
		{kind: source.Text, json: `"-"`, want: null}, // the column's NullText
		{kind: source.Text, json: `"-\n"`, want: null},
		{kind: source.Text, json: `null`, want: null},
		{kind: source.Text, json: `1.50`, want: text("1.50")},
		{kind: source.Text, json: `true`, want: text("true")},
		{kind: source.Text, json: `"a\u0000b\ud800"`, want: text("a\uFFFDb\uFFFD")},
		{kind: source.Text, json: "\"\xff\xfe\"", want: text("\uFFFD")},
		{kind: source.Text, json: `{"a":1}`, refused: true},
		{kind: source.Text, json: `[]`, refused: true},

		{kind: source.URL, json: `"https://u:p@host:1/a/b?Signature=x#y"`, want: text("https://host:1/a/b")},
		{kind: source.URL, json: `"https://host/a@b"`, want: text("https://host/a@b")},
		{kind: source.URL, json: `"//u@host?x"`, want: text("//host")},
		{kind: source.URL, json: `"http://u@v@host/%zz?x"`, want: text("http://host/%zz")},
		{kind: source.URL, json: `"no url"`, want: text("no url")},

		{kind: source.BigInt, json: `2147483647`, want: number(2147483647)},
		{kind: source.BigInt, json: `"0"`, want: number(0)},
		{kind: source.BigInt, json: `"-9223372036854775808"`, want: number(math.MinInt64)},
		{kind: source.BigInt, json: `12.0`, want: number(12)},
		{kind: source.BigInt, json: `"12.000"`, want: number(12)},
		{kind: source.BigInt, json: `1.2e1`, want: number(12)},
		{kind: source.BigInt, json: `9007199254740993.0`, want: number(9007199254740993)},
		{kind: source.BigInt, json: `""`, want: null},
		{kind: source.BigInt, json: `"-"`, want: null},
		{kind: source.BigInt, json: `9223372036854775808`, refused: true},
		{kind: source.BigInt, json: `154.11`, refused: true},
		{kind: source.BigInt, json: `1e999999999`, refused: true},
		{kind: source.BigInt, json: `1e-999999999`, refused: true},
		{kind: source.BigInt, json: strings.Repeat("9", 4_000_000), refused: true},
		{kind: source.BigInt, json: `"` + strings.Repeat("9", 4_000_000) + `"`, refused: true},
		{kind: source.BigInt, json: `1.` + strings.Repeat("0", 4_000_000), refused: true},
		{kind: source.BigInt, json: `1` + strings.Repeat("0", 4_000_000) + `e-20`, refused: true},
		{kind: source.Double, json: `0.` + strings.Repeat("1", 4_000_000), refused: true},
		{kind: source.Millis, json: strings.Repeat("1", 4_000_000), refused: true},
		{kind: source.BigInt, json: `"007"`, refused: true},
		{kind: source.BigInt, json: `"+7"`, refused: true},
		{kind: source.BigInt, json: `"7/1"`, refused: true},
		{kind: source.BigInt, json: `"seven"`, refused: true},
		{kind: source.BigInt, json: `true`, refused: true},
		{kind: source.BigInt, json: `{}`, refused: true},

		{kind: source.Double, json: `154.11`, want: double(154.11)},
		{kind: source.Double, json: `"154.11"`, want: double(154.11)},
		{kind: source.Double, json: `-0`, want: double(math.Copysign(0, -1))},
		{kind: source.Double, json: `""`, want: null},
		{kind: source.Double, json: `1e999`, refused: true},
		{kind: source.Double, json: `"NaN"`, refused: true},
		{kind: source.Double, json: `"Inf"`, refused: true},
		{kind: source.Double, json: `"0x10"`, refused: true},

		{kind: source.Bool, json: `true`, want: source.BoolValue(true)},
		{kind: source.Bool, json: `"False"`, want: source.BoolValue(false)},
		{kind: source.Bool, json: `1`, want: source.BoolValue(true)},
		{kind: source.Bool, json: `"0"`, want: source.BoolValue(false)},
		{kind: source.Bool, json: `""`, want: null},
		{kind: source.Bool, json: `2`, refused: true},
		{kind: source.Bool, json: `"yes"`, refused: true},

		{kind: source.Millis, json: `1672741657897`, want: at("2023-01-03T10:27:37.897Z")},
		{kind: source.Millis, json: `"1672741657897"`, want: at("2023-01-03T10:27:37.897Z")},
		{kind: source.Millis, json: `0`, want: null},
		{kind: source.Millis, json: `"0"`, want: null},
		{kind: source.Millis, json: `""`, want: null},
		{kind: source.Millis, json: `946684800000`, want: at("2000-01-01T00:00:00Z")},
		{kind: source.Millis, json: `7258118399999`, want: at("2199-12-31T23:59:59.999Z")},
		{kind: source.Millis, json: `946684799999`, refused: true},
		{kind: source.Millis, json: `7258118400000`, refused: true},
		{kind: source.Millis, json: `-1`, refused: true},
		{kind: source.Millis, json: `"-1"`, refused: true},
		{kind: source.Millis, json: `1672741657`, refused: true}, // seconds
		{kind: source.Millis, json: `1672741657897000`, refused: true},
		{kind: source.Millis, json: `9223372036854775807`, refused: true},
		{kind: source.Millis, json: `-62135596800000`, refused: true},
		{kind: source.Millis, json: `1672741657.5`, refused: true},
		{kind: source.Millis, json: `"2021-09-10T11:42:22Z"`, refused: true},

		{kind: source.ISOTime, json: `"2021-09-10T11:42:22Z"`, want: at("2021-09-10T11:42:22Z")},
		{kind: source.ISOTime, json: `"2021-09-10T11:42:22.123456Z"`, want: at("2021-09-10T11:42:22.123456Z")},
		{kind: source.ISOTime, json: `"2021-09-10T11:42Z"`, want: at("2021-09-10T11:42:00Z")},
		{kind: source.ISOTime, json: `"2021-09-10T19:42:22+08:00"`, want: at("2021-09-10T11:42:22Z")},
		{kind: source.ISOTime, json: `"2021-09-10T19:42+0800"`, want: at("2021-09-10T11:42:00Z")},
		{kind: source.ISOTime, json: `""`, want: null},
		{kind: source.ISOTime, json: `"2000-01-01T00:00:00Z"`, want: at("2000-01-01T00:00:00Z")},
		{kind: source.ISOTime, json: `"2000-01-01T00:00+01:00"`, refused: true},
		{kind: source.ISOTime, json: `"2199-12-31T23:59:59.999999Z"`, want: at("2199-12-31T23:59:59.999999Z")},
		{kind: source.ISOTime, json: `"2200-01-01T00:00:00Z"`, refused: true},
		{kind: source.ISOTime, json: `"1970-01-01T00:00:00Z"`, refused: true},
		{kind: source.ISOTime, json: `"0000-01-01T00:00:00Z"`, refused: true},
		{kind: source.ISOTime, json: `"0001-01-01T00:00:00Z"`, refused: true},
		{kind: source.ISOTime, json: `"9999-12-31T23:59:59-01:00"`, refused: true},
		{kind: source.ISOTime, json: `"2021-09-10T11:42:22.` + strings.Repeat("1", 1_000_000) + `Z"`, refused: true},
		{kind: source.ISOTime, json: `"2021-09-10"`, refused: true},
		{kind: source.ISOTime, json: `1672741657897`, refused: true},

		{kind: source.JSON, json: `{ "b" : [ 1.50 , null , true ], "a" : "x" }`, want: text(`{"a":"x","b":[1.50,null,true]}`)},
		{kind: source.JSON, json: `{"a":1,"b":2,"a":3}`, want: text(`{"a":3,"b":2}`)},
		{kind: source.JSON, json: `"{\"b\":1,\"a\":2}"`, want: text(`{"a":2,"b":1}`)},
		{kind: source.JSON, json: `"\"{\\\"a\\\":1}\""`, want: text(`{"a":1}`)},
		{kind: source.JSON, json: wrap(`{}`, 3), want: text(`{}`)},
		{kind: source.JSON, json: wrap(`{}`, 4), want: text(`"{}"`)},
		{kind: source.JSON, json: `"not JSON"`, want: text(`"not JSON"`)},
		{kind: source.JSON, json: `"\"\\\n\t\u0001\u0000é"`, want: text(`"\"\\\n\t\u0001` + "\uFFFD" + `é"`)},
		{kind: source.JSON, json: `""`, want: null},
		{kind: source.JSON, json: `"null"`, want: null},
		{kind: source.JSON, json: `"\"\""`, want: null},
		{kind: source.JSON, json: `12`, want: text(`12`)},
		{kind: source.JSON, json: `1e400`, want: text(`1e400`)},
		{kind: source.JSON, json: `1e200000`, want: text(`"1e200000"`)},
		{kind: source.JSON, json: `[1e-99999999999999999999]`, want: text(`["1e-99999999999999999999"]`)},
		{kind: source.JSON, json: strings.Repeat("9", 2000), want: text(`"` + strings.Repeat("9", 2000) + `"`)},
		{kind: source.JSON, json: deep, want: text(strings.Repeat("[", 200) + `"` + deep[200:800] + `"` + strings.Repeat("]", 200))},
		{kind: source.JSON, json: `{"u":"https://u:p@oss/x?Expires=1&Signature=s","v":"https://x/?a=1"}`, want: text(`{"u":"https://oss/x","v":"https://x/?a=1"}`)},
		{kind: source.JSON, json: `{"https://x/?sig=s":["wget https://x/?a=1&Signature=s -O x"]}`, want: text(`{"https://x/":["wget https://x/ -O x"]}`)},
		{kind: source.JSON, json: `"{\"u\":\"https://x?a=1\\u0026Signature=s\"}"`, want: text(`{"u":"https://x"}`)},
		{kind: source.JSON, json: `"see {\"u\":\"https://x?a=1\\u0026Signature=s\"}"`, want: text(`"see {\"u\":\"https://x\"}"`)},
	} {
		t.Run(fmt.Sprintf("%s %.40s", tt.kind.SQL(), tt.json), func(t *testing.T) {
			require.True(t, isJSON(tt.json))
			c := source.Column{Name: "c", Field: "C", Type: tt.kind, NullText: "-"}
			got, ok := new(decoder).decode(&c, gjson.Parse(tt.json))
			require.Equal(t, !tt.refused, ok)
			require.Equal(t, tt.want, got)
		})
	}
}

// wrap puts JSON in a string, n times.
func wrap(s string, n int) string {
	for range n {
		b, _ := json.Marshal(s)
		s = string(b)
	}
	return s
}

func TestDeepNestingDoesNotOverflowTheStack(t *testing.T) {
	t.Parallel()
	require.False(t, isJSON(strings.Repeat("[", 10_000_000)))
	c := source.Column{Type: source.JSON}
	bomb := `"` + strings.Repeat(`\u005b`, 5_000_000) + `"`
	got, ok := new(decoder).decode(&c, gjson.Parse(bomb))
	require.True(t, ok)
	require.Len(t, got.Text, 5_000_002)
}

// decodePage decodes a body as a sweep of the source would.
func decodePage(s *source.Source, body string) ([]source.Row, *decoder) {
	d := newDecoder(Request{Source: s, Sweep: &s.Sweeps[0]})
	return d.page(gjson.Get(body, s.Items)), d
}

// columnsOf prints a row as column: value.
func columnsOf(s *source.Source, row source.Row) map[string]any {
	m := map[string]any{}
	for i, v := range row {
		name, kind := "extra", source.JSON
		if i < len(s.Columns) {
			name, kind = s.Columns[i].Name, s.Columns[i].Type
		}
		switch {
		case !v.Valid:
		case kind == source.BigInt:
			m[name] = int(v.Int)
		case kind == source.Bool:
			m[name] = v.Int == 1
		case kind == source.Double:
			m[name] = v.Double()
		case kind == source.Millis || kind == source.ISOTime:
			m[name] = v.Time().Format(time.RFC3339Nano)
		default:
			m[name] = v.Text
		}
	}
	return m
}

// The success examples of the API's own pages.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source source.Source
		want   map[string]any
	}{
		{source.InstancePatchStates, map[string]any{
			"instance_id": "i-bp1jaxa2bs4bps7*****", "baseline_id": "pb-f9393021b7a049e1b34e", "owner_information": "“”",
			"operation_type": "scan", "operation_started_at": "2021-09-10T11:42:22Z", "operation_ended_at": "2021-09-10T11:42:22Z",
			"missing_count": 0, "installed_count": 0, "installed_other_count": 0, "installed_pending_reboot_count": 0,
			"installed_rejected_count": 0, "failed_count": 0,
		}},
		{source.AgentInstallStatuses, map[string]any{
			"uuid": "d123f6ae-9749-4338-8c7f-3c2c1ead****", "message": "Installed", "result": 0, "result_code": 1,
		}},
		{source.AgentlessTasks, map[string]any{
			"task_id": "1538****", "is_root": true, "task_name": "AGENTLESS_SCAN", "status": 1, "progress": 60, "result": "True",
			"started_at": "2023-01-03T10:27:37.897Z", "ended_at": "2023-03-15T15:59:59.999Z", "target_type": 2, "target_name": "hkdevt****",
			"uuid": "49e25e0f-bb51-4a5a-a1b3-13a4ddaa****", "instance_name": "sql-test-0****",
			"internet_ip": "8.210.XX.XX", "intranet_ip": "172.25.XX.XX", "measure_space_mb": 154.11, "report_status": "SUCCESS",
			"progress_by_project": `{"baseline":100,"binary":100,"scaVul":100,"script":100,"sensitiveInfo":100,"vul":100,"webshell":100}`,
			"report_download_url": "http://newsas-oss-bucket.oss-cn-hangzhou.aliyuncs.com/agent_less_single_report****",
		}},
		{source.OperationProcesses, map[string]any{
			"task_id": "3d7a1b68-599f-4e16-9b45-e920a183b***", "task_type": "CHECK_POLICY", "task_source": "YAO_CHI", "status_code": 1,
			"total_count": 337, "finish_count": 197, "detail_task_total_count": 10, "detail_task_ready_count": 5,
			"started_at": "2024-01-17T02:05:02Z", "ended_at": "2024-01-17T04:59:19Z", "created_at": "2023-01-22T12:00:24Z",
		}},
		{source.PublishBatches, map[string]any{
			"version": "0.0.9", "batch_id": 1371, "batch_name": "Release Batch 1", "status": 1, "batch_process": 12,
			"batch_no": 2147483647, "batch_total": 3, "batch_interval_hours": 12, "operation_base": 0,
		}},
	} {
		t.Run(tt.source.Name, func(t *testing.T) {
			rows, d := decodePage(&tt.source, string(source.Page(tt.source.Name)))
			require.Len(t, rows, 1)
			require.Empty(t, cmp.Diff(tt.want, columnsOf(&tt.source, rows[0])))
			require.Zero(t, d.unusable)
			require.Empty(t, d.unknown)
			require.Empty(t, d.refused)
		})
	}
}

func TestExtra(t *testing.T) {
	t.Parallel()
	s, _ := listing(byNumber)
	rows, d := decodePage(s, `{"List":[
		{"Id":"a","N":1},
		{"z":[1],"N":"many","Id":"b","New\u0000":null,"Link":"https://oss/r?OSSAccessKeyId=k&Signature=s"},
		{"Id":"c","N":{"x":1},"N":"2","z":1,"z":2},
		{"N":3,"Id":"d"}, {"Id":""}, {"N":5}, {"Id":{}}, [], "x", null
	]}`)
	require.Equal(t, []source.Row{
		{source.TextValue("a"), source.IntValue(1), null},
		{source.TextValue("b"), null, source.TextValue("{\"Link\":\"https://oss/r\",\"N\":\"many\",\"New\uFFFD\":null,\"z\":[1]}")},
		{source.TextValue("c"), source.IntValue(2), source.TextValue(`{"z":2}`)},
		{source.TextValue("d"), source.IntValue(3), null},
	}, rows)
	require.Equal(t, 6, d.unusable)
	require.Equal(t, map[string]int{"z": 3, "New\uFFFD": 1, "Link": 1}, d.unknown)
	require.Equal(t, map[string]int{"N": 1, "Id": 1}, d.refused)

	var names []string
	for i := range 3 * maxNames {
		names = append(names, fmt.Sprintf(`"f%d":0`, i))
	}
	_, d = decodePage(s, `{"List":[{`+strings.Join(names, ",")+`}]}`)
	require.Len(t, d.unknown, maxNames)
}

// TestInner: columns take fields of objects in the item, and the rest of each object stays
// where it was, in extra.
func TestInner(t *testing.T) {
	t.Parallel()
	s := &source.Source{
		Items: "List", Key: []string{"id"}, Sweeps: []source.Sweep{{Name: "all"}},
		Columns: []source.Column{
			{Name: "id", Field: "Id", Type: source.Text},
			{Name: "vpc_id", Field: "Vpc.VpcId", Type: source.Text},
			{Name: "size", Field: "Vpc.Net.Size", Type: source.BigInt},
			{Name: "tags", Field: "Tags", Type: source.JSON},
			{Name: "owner", Field: "Tags.Owner", Type: source.Text},
		},
	}
	id := source.TextValue("a")
	for _, tt := range []struct {
		item             string
		vpc, size        source.Value
		tags, owner      source.Value
		extra            string
		unknown, refused map[string]int
	}{
		{item: `"Vpc":{"VpcId":"v","Net":{"Size":"24"}}`, vpc: source.TextValue("v"), size: source.IntValue(24)},
		{
			item: `"Vpc":{"VpcId":"v","Cidr":"c","Net":{"Size":24,"Z":[1]}}`, vpc: source.TextValue("v"), size: source.IntValue(24),
			extra: `{"Vpc":{"Cidr":"c","Net":{"Z":[1]}}}`, unknown: map[string]int{"Vpc.Cidr": 1, "Vpc.Net.Z": 1},
		},
		{item: `"Vpc":{"VpcId":{},"Net":{"Size":"many"}}`, extra: `{"Vpc":{"Net":{"Size":"many"},"VpcId":{}}}`, refused: map[string]int{"Vpc.VpcId": 1, "Vpc.Net.Size": 1}},
		{item: `"Vpc":"{\"VpcId\":\"v\",\"Net\":null}"`, vpc: source.TextValue("v")},
		{item: `"Vpc":null`},
		{item: `"Vpc":[{"VpcId":"v"}]`, extra: `{"Vpc":[{"VpcId":"v"}]}`, refused: map[string]int{"Vpc": 1}},
		{item: `"Vpc":"none"`, extra: `{"Vpc":"none"}`, refused: map[string]int{"Vpc": 1}},
		{item: `"Vpc":{"VpcId":"old","Net":{"Size":1}},"Vpc":{"VpcId":"v"}`, vpc: source.TextValue("v")},
		{
			item: `"Tags":{"Owner":"o","Env":"e"},"Vpc.VpcId":"w"`, tags: source.TextValue(`{"Env":"e","Owner":"o"}`), owner: source.TextValue("o"),
			extra: `{"Vpc.VpcId":"w"}`, unknown: map[string]int{"Vpc.VpcId": 1},
		},
		{item: `"Tags":["Owner"]`, tags: source.TextValue(`["Owner"]`)},
	} {
		rows, d := decodePage(s, `{"List":[{"Id":"a",`+tt.item+`},{"Id":"a"}]}`)
		extra := source.Value{}
		if tt.extra != "" {
			extra = source.TextValue(tt.extra)
		}
		require.Equal(t, []source.Row{{id, tt.vpc, tt.size, tt.tags, tt.owner, extra}, {id, null, null, null, null, null}}, rows, tt.item)
		for want, got := range map[*map[string]int]map[string]int{&tt.unknown: d.unknown, &tt.refused: d.refused} {
			if len(*want)+len(got) > 0 {
				require.Equal(t, *want, got, tt.item)
			}
		}
	}
	ignoring := newDecoder(Request{Source: s, Sweep: &s.Sweeps[0], Ignore: []string{"Vpc.Cidr"}})
	rows := ignoring.page(gjson.Parse(`[{"Id":"a","Vpc":{"Cidr":"c"},"Cidr":"d"}]`))
	require.Equal(t, source.TextValue(`{"Cidr":"d"}`), rows[0].Extra())
}

// allTypes has a column of each type.
var allTypes = source.Source{
	Items: "List",
	Columns: []source.Column{
		{Name: "text", Field: "Text", Type: source.Text, NullText: "-"},
		{Name: "url", Field: "Url", Type: source.URL},
		{Name: "bigint", Field: "BigInt", Type: source.BigInt},
		{Name: "double", Field: "Double", Type: source.Double},
		{Name: "bool", Field: "Bool", Type: source.Bool},
		{Name: "millis", Field: "Millis", Type: source.Millis},
		{Name: "iso", Field: "Iso", Type: source.ISOTime},
		{Name: "json", Field: "Json", Type: source.JSON},
	},
	Sweeps: []source.Sweep{{Name: "all"}},
}

// Whatever an item holds, each of its fields ends up in its column or in
// extra, and extra holds the very value.
func TestEveryFieldIsKept(t *testing.T) {
	t.Parallel()
	fields := append(fieldNames(), "Other", "another one", "é", `q"`, "")
	rapid.Check(t, func(t *rapid.T) {
		item := map[string]any{}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(fields), rapid.ID[string]).Draw(t, "fields") {
			item[name] = anyValue(2).Draw(t, name)
		}
		body, err := json.Marshal(map[string]any{"List": []any{item}})
		require.NoError(t, err)
		rows, _ := decodePage(&allTypes, string(body))
		require.Len(t, rows, 1)
		row := rows[0]
		extra := map[string]any{}
		if row.Extra().Valid {
			require.NoError(t, json.Unmarshal([]byte(row.Extra().Text), &extra))
		}
		for name, value := range item {
			kept, there := extra[name]
			if i, known := columnOf(name); known && !there {
				// NULL in a column may only mean what says "none".
				if !row[i].Valid && value != nil && value != "" && value != "-" && value != "0" && value != 0.0 && value != "null" {
					t.Fatalf("%s %v became NULL", name, value)
				}
				continue
			}
			if !there || !cmp.Equal(kept, value) {
				t.Fatalf("%s %v is not in extra: %v", name, value, extra)
			}
		}
		for name := range extra {
			if _, came := item[name]; !came {
				t.Fatalf("extra has %s, the item does not", name)
			}
		}
	})
}

func fieldNames() []string {
	var names []string
	for _, c := range allTypes.Columns {
		names = append(names, c.Field)
	}
	return names
}

func columnOf(field string) (int, bool) {
	for i, c := range allTypes.Columns {
		if c.Field == field {
			return i, true
		}
	}
	return 0, false
}

func anyValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Float64().AsAny(),
		rapid.Map(rapid.Int32(), func(n int32) any { return float64(n) }),
		rapid.SampledFrom([]any{"", "-", "0", "12.0", "true", "null", "{}", `{"a":[1,2]}`, "2021-09-10T11:42:22Z", "1672741657897"}),
		rapid.Map(rapid.StringMatching(`[ -~éß漢]{0,12}`), func(s string) any { return s }),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(anyValue(depth-1), 0, 3), func(list []any) any { return list }),
			rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-c]{1,2}`), anyValue(depth-1), 0, 3), func(m map[string]any) any { return m }))
	}
	return rapid.OneOf(kinds...)
}

// TestHugeAnswers: whatever a large answer is made of, it is read in time that
// grows no faster than it, and every field ends up somewhere.
func TestHugeAnswers(t *testing.T) {
	t.Parallel()
	const size = 200 << 10
	request := Request{Source: &allTypes, Sweep: &allTypes.Sweeps[0]}
	texts := []string{
		strings.Repeat("9", size), "1e" + strings.Repeat("9", size), "0." + strings.Repeat("1", size),
		`"` + strings.Repeat("9", size) + `"`, `"` + strings.Repeat("-", size) + `"`, `"2021-09-10T11:42:22.` + strings.Repeat("1", size) + `Z"`,
		`"` + strings.Repeat("https://u:p@h/?sig=s ", size/21) + `"`, `"` + strings.Repeat("%25", size/3) + `"`, `"` + strings.Repeat("?&", size/2) + `"`,
		`"` + strings.Repeat(`\\u0026`, size/8) + `"`, `"` + strings.Repeat("//", size/2) + `@"`, `"` + strings.Repeat(`\n`, size/2) + `"`,
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000), strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		wrap(strings.Repeat("[", 5000)+strings.Repeat("]", 5000), 3), "[" + strings.Repeat("{},", size/3) + "1]", manyFields(size / 12),
	}
	for i, text := range texts {
		t.Run(fmt.Sprintf("%d %.20s", i, text), func(t *testing.T) {
			t.Parallel()
			for _, c := range allTypes.Columns {
				body := fmt.Sprintf(`{"List":[{%q:%s,"Else":%s}]}`, c.Field, text, text)
				answer, ok := parseReply(body)
				require.True(t, ok)
				s := sweep{request: request, decoder: newDecoder(request)}
				s.once(1, answer, "List")
				rows := s.decoder.page(answer.get("List"))
				require.Equal(t, 1, len(rows)+s.decoder.unusable)
				require.Equal(t, map[string]int{"Else": 1}, s.decoder.unknown)
			}
			// In an envelope, as a field, as a page of HTML or an error as XML.
			for _, body := range []string{`{"Code":` + text + `,"Message":` + text + `}`, text, "<Error><Code>" + text + "</Code></Error>", strings.Repeat("<a>", size/3)} {
				answer, ok := parseReply(body)
				if !ok {
					answer, _ = parseXML(body)
				}
				s := sweep{request: request}
				s.once(1, answer, "")
				_, code, message, _ := answer.failure()
				require.LessOrEqual(t, len(redact(code, keys{})), maxMessage)
				require.LessOrEqual(t, len(redact(message, keys{id: "i"})), maxMessage)
			}
		})
	}
}

// manyFields is an object with so many fields.
func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"f%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// FuzzDecode: no answer makes the decoder panic, and what it makes of it fits PostgreSQL.
func FuzzDecode(f *testing.F) {
	f.Add(`{"List":[{"Text":"x\u0000","Url":"http://u@h?x","BigInt":"12.0","Double":1e5,"Bool":"True","Millis":1672741657897,"Iso":"2021-09-10T11:42Z","Json":"\"{}\"","New":[{}]}]}`)
	f.Add(`{"List":[{"Text":{"a":"\ud800"},"Json":{"":1e99999,"":[[[]]]}},[],null]}`)
	f.Add(`{"List":[{"BigInt":` + strings.Repeat("9", 1<<16) + `,"Millis":-1,"Iso":"0001-01-01T00:00:00Z","Json":"[\"https://h/?sig=s\"]"}]}`)
	f.Add("{\"List\":[{\"\xff\":\"\xff\"}]}")
	f.Fuzz(func(t *testing.T, body string) {
		if _, ok := parseReply(body); !ok {
			return
		}
		rows, _ := decodePage(&allTypes, body)
		for _, row := range rows {
			for i, v := range row {
				if !utf8.ValidString(v.Text) || strings.ContainsRune(v.Text, 0) {
					t.Fatalf("text %q", v.Text)
				}
				if isText := i < 2; isText || !v.Valid || v.Text == "" {
					continue
				}
				if !json.Valid([]byte(v.Text)) || strings.Contains(v.Text, `\u0000`) && !strings.Contains(v.Text, `\\u0000`) {
					t.Fatalf("JSON %q", v.Text)
				}
				if again := string(appendCanonical(nil, gjson.Parse(v.Text), 0)); again != v.Text {
					t.Fatalf("%q is %q when it is made again", v.Text, again)
				}
			}
		}
	})
}
