package injection

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/loopback"
)

// traceHeader is the header in which the AWS SDKs pass on the trace of an invocation.
const traceHeader = "X-Amzn-Trace-Id"

// request is a request under way.
type request struct {
	invocation *invoked // nil if it is not known which function has made it
	site       fault.Site
	strike     fault.Strike
}

type requestKey struct{}

// unknown is the attempt of a request of which it is not known which invocation has
// made it.
const unknown = -1

// errLost is the error of an answer that is lost.
var errLost = errors.New("the answer is lost")

// Serve serves what stands before services for the requests of functions, until
// Close. The services are given as environment variables of the AWS SDKs, such as
// AWS_ENDPOINT_URL_S3=http://127.0.0.1:1234, and so are the servers. If no request
// can go wrong, or i is nil, they are the same.
func (i *Injection) Serve(endpoints []string) ([]string, error) {
	if i == nil || !i.requests {
		return endpoints, nil
	}
	var served []string
	for _, endpoint := range endpoints {
		variable, address, _ := strings.Cut(endpoint, "=")
		service := strings.ToLower(strings.TrimPrefix(variable, "AWS_ENDPOINT_URL_"))
		if service == "sfn" {
			service = "states" // as requests are signed
		}
		proxy, err := i.proxy(service, address)
		if err != nil {
			return nil, err
		}
		server, err := loopback.Serve("the faults of "+service, "", 0, proxy)
		if err != nil {
			return nil, err
		}
		i.servers = append(i.servers, server)
		served = append(served, variable+"="+server.URL)
	}
	return served, nil
}

// proxy returns what stands before a service. The service is as for [awscall.Of].
func (i *Injection) proxy(service, address string) (http.Handler, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 256, // as many as requests at once
			DisableCompression:  true,
		},
		ModifyResponse: i.answered,
		ErrorLog:       log.New(io.Discard, "", 0),
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // closes the connection
		},
	}
	return loopback.Only(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{invocation: i.invocationOf(r), site: fault.Site{Moment: fault.Request, Call: awscall.Of(service, r), Attempt: unknown}}
		if v := q.invocation; v != nil {
			call := q.site.Call
			q.site = v.site
			q.site.Moment, q.site.Call = fault.Request, call
		}
		var ok bool
		if q.strike, ok = i.at(q.site); ok {
			switch f := q.strike.Fault; f.Fault {
			case fault.Error:
				awscall.Failed(q.site.Call, f.Error, f.Cause).Write(w, service)
				return
			case fault.Throttle:
				awscall.Throttled(q.site.Call).Write(w, service)
				return
			}
		}
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, q)))
	})), nil
}

// invocationOf returns the invocation whose function has made a request; nil if it
// is not known.
func (i *Injection) invocationOf(r *http.Request) *invoked {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.invoked[r.Header.Get(traceHeader)]
}

// answered decides what becomes of the answer to a request.
func (i *Injection) answered(answer *http.Response) error {
	ctx := answer.Request.Context()
	q, _ := ctx.Value(requestKey{}).(*request)
	if v := q.invocation; v != nil && answer.StatusCode < http.StatusMultipleChoices && awscall.Writes(q.site.Call) {
		site := q.site
		site.Moment, site.Write = fault.Write, v.wrote()
		if _, crashes := i.at(site); crashes {
			v.crash()
			<-ctx.Done() // until the function has ended
			return errLost
		}
	}
	switch f := q.strike.Fault; f.Fault {
	case fault.Slow:
		return fault.Sleep(ctx, f.Delay)
	case fault.Lost:
		return errLost
	}
	return nil
}
