package target

import (
	"fmt"
	"net"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

func TestClientsOfAWSEndInSilence(t *testing.T) {
	unreachable(t)
	settings, err := (&Target{}).Settings(t.Context(), monday)
	if err != nil {
		t.Fatal(err)
	}
	client, ok := settings.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		t.Fatalf("got the client %T, expected one of the SDK, which AWS_CA_BUNDLE needs", settings.HTTPClient)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c, err := client.GetTransport().DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := fmt.Sprintf("%T", c); got != "*silence.conn" {
		t.Errorf("got a connection of type %s, expected one that ends in silence", got)
	}
}
