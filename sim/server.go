package sim

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Security Center answers for all regions from two centres: see
// https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-endpoint
var centres = []string{"cn-hangzhou", "ap-southeast-1"}

// endpointKey is where a request's context says through which endpoint it came.
type endpointKey struct{}

// Endpoint serves h as the endpoint of a region: a [Cloud] within h takes every
// request for that region's, as the real one does by the host that is asked.
func Endpoint(region string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), endpointKey{}, region)))
	})
}

// EndpointOf is the region whose endpoint a request came through, by [Endpoint] or
// by a host such as tds.ap-southeast-1.aliyuncs.com. Empty: the host is of no region.
func EndpointOf(r *http.Request) string {
	if region, ok := r.Context().Value(endpointKey{}).(string); ok {
		return region
	}
	host, _, _ := strings.Cut(r.Host, ":")
	_, rest, _ := strings.Cut(host, ".") // after the product
	region, found := strings.CutSuffix(rest, ".aliyuncs.com")
	switch {
	case !found:
		return ""
	case region == "cn-shanghai" && strings.HasPrefix(host, "tds."):
		return "cn-hangzhou" // where the centre is, and whose rows it has
	}
	return region
}

// A Server serves a cloud on this machine, at an address for each of Security
// Center's centres. The first also serves STS, and OOS of all regions.
type Server struct {
	URL     string            // of the first centre
	Centres map[string]string // URL by region
	servers []*http.Server
}

// Serve listens on an address: host:port is the first centre, the port after it
// the other. Port 0 means any two that are free.
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
			served = Endpoint(region, h) // the first tells other regions by what they send
		}
		server := &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
		go server.Serve(l) //nolint:errcheck // it ends with Close, and only so
		s.servers = append(s.servers, server)
		s.Centres[region] = "http://" + l.Addr().String()
	}
	s.URL = s.Centres[centres[0]]
	return s, nil
}

// Endpoints are the server's addresses by product (sts), or product and region
// (sas/ap-southeast-1).
func (s *Server) Endpoints() map[string]string {
	all := map[string]string{"oos": s.URL, "sts": s.URL}
	for region, url := range s.Centres {
		all["sas/"+region] = url
	}
	return all
}

// Close ends the server, and all calls under way.
func (s *Server) Close() (err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}
