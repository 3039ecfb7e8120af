package dynamodb

import (
	"context"
	"io"
	"net"
	"net/http"

	"github.com/mapjob/mapjob/internal/loopback"
)

// Empty starts a database that has no tables, without dynalite. It refuses every
// request as DynamoDB does if a table does not exist, so that a client never
// reaches AWS. The port is any free one.
func Empty() (*Database, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Database{url: "http://" + listener.Addr().String(), server: &http.Server{Handler: loopback.Only(http.HandlerFunc(refuse))},
		transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, listener.Addr().String())
		}}, stop: func() {}, ended: make(chan struct{})}
	go func() {
		_ = d.server.Serve(listener) // ends with Close
		close(d.ended)
	}()
	return d, nil
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found: the stack has no tables"}`)
}
