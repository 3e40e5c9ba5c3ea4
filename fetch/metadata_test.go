package fetch_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/fetch"
)

// TestMetadata: an operation is found by its product in any case, of the default version.
func TestMetadata(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	mux.HandleFunc("/meta/v1/products.json", answer(`[
		{"code": "Ecs", "defaultVersion": "2014-05-26", "versions": ["2014-05-26", "2016-03-14"], "style": "RPC"},
		{"code": "CS", "versions": ["2015-12-15"], "style": "ROA"}]`))
	mux.HandleFunc("/meta/v1/products/Ecs/versions/2014-05-26/apis/DescribeDisks/api.json", answer("{}"))
	mux.HandleFunc("/meta/v1/products/Ecs/versions/2016-03-14/apis/DescribeDisks/api.json", answer("[]"))
	mux.HandleFunc("/broken/products.json", answer("<html>"))
	mux.HandleFunc("/down/products.json", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	base := server.URL + "/meta/v1"

	api, text, err := fetch.Metadata(t.Context(), base, fetch.API{Product: "eCS", Action: "DescribeDisks"})
	require.NoError(t, err)
	require.Equal(t, fetch.API{Product: "Ecs", Version: "2014-05-26", Action: "DescribeDisks", Style: "RPC"}, api)
	require.Equal(t, "{}", string(text))
	_, text, err = fetch.Metadata(t.Context(), base, fetch.API{Product: "ecs", Version: "2016-03-14", Action: "DescribeDisks"})
	require.NoError(t, err)
	require.Equal(t, "[]", string(text))

	for want, ask := range map[string]fetch.API{
		`there is no product "Ecss"`:                                {Product: "Ecss", Action: "DescribeDisks"},
		`no version "2014": expected one of 2014-05-26, 2016-03-14`: {Product: "ecs", Version: "2014", Action: "DescribeDisks"},
		"Ecs 2014-05-26 has no operation ../../x":                   {Product: "ecs", Action: "../../x"},
	} {
		_, _, err := fetch.Metadata(t.Context(), base, ask)
		require.ErrorContains(t, err, want)
	}
	for path, want := range map[string]string{"/broken": "no list of products", "/down": "HTTP 502"} {
		_, _, err := fetch.Metadata(t.Context(), server.URL+path, fetch.API{Product: "ecs", Action: "DescribeDisks"})
		require.ErrorContains(t, err, want)
	}
	server.Close()
	_, _, err = fetch.Metadata(t.Context(), base, fetch.API{Product: "ecs", Action: "DescribeDisks"})
	require.ErrorContains(t, err, "read "+base+"/products.json")
}
