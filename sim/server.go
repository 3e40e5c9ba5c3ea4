package sim

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"syncer/source"
)

// Security Center answers for all regions from two centres: see
// https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-endpoint
var centres = []string{"cn-hangzhou", "ap-southeast-1"}

// endpointKey is the context key for the endpoint's region.
type endpointKey struct{}

// Endpoint serves h as the endpoint of a region. A [Cloud] in h answers every request for
// this region, as the real cloud does by the host name.
func Endpoint(region string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), endpointKey{}, region)))
	})
}

// EndpointOf returns the region of the endpoint that a request came through: that of
// [Endpoint], or that of a host name such as tds.ap-southeast-1.aliyuncs.com. Empty: the
// host name has no region.
func EndpointOf(r *http.Request) string {
	if region, ok := r.Context().Value(endpointKey{}).(string); ok {
		return region
	}
	host, _, _ := strings.Cut(r.Host, ":")
	_, rest, _ := strings.Cut(host, ".") // the part after the product
	region, found := strings.CutSuffix(rest, ".aliyuncs.com")
	switch {
	case !found:
		return ""
	case region == "cn-shanghai" && strings.HasPrefix(host, "tds."):
		return "cn-hangzhou" // the centre is there; its rows are Hangzhou's
	}
	return region
}

// A Server serves a cloud on this machine, with one address for each of Security Center's
// centres. The first also serves all regions of all other products.
type Server struct {
	URL     string            // of the first centre
	Centres map[string]string // URL by region
	servers []*http.Server
}

// Serve listens on an address: host:port is the first centre, the next port is the second.
// Port 0 means any two free ports.
func Serve(listen string, h http.Handler) (*Server, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, err
	}
	first, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, err
	}
	s := &Server{Centres: map[string]string{}}
	for i, region := range centres {
		if first > 0 {
			port = strconv.Itoa(first + i)
		}
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		served := h
		if i > 0 {
			served = Endpoint(region, h) // for OOS, the first centre gets the region from the request
		}
		server := &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
		go server.Serve(l) //nolint:errcheck // it ends only with Close
		s.servers = append(s.servers, server)
		s.Centres[region] = "http://" + l.Addr().String()
	}
	s.URL = s.Centres[centres[0]]
	return s, nil
}

// Endpoints returns the server's addresses by product (sts), or by product and region
// (sas/ap-southeast-1), for all products of the catalogue.
func (s *Server) Endpoints() map[string]string {
	all := map[string]string{"oos": s.URL, "sts": s.URL}
	for _, src := range source.All {
		if product := strings.ToLower(src.API.Product); product != "sas" {
			all[product] = s.URL
		}
	}
	for region, url := range s.Centres {
		all["sas/"+region] = url
	}
	return all
}

// Close ends the server and all calls that are being handled.
func (s *Server) Close() (err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}
