package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// table is a DynamoDB that takes all but one item of each request.
type table struct{ written []string }

func (d *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	type write struct {
		PutRequest struct{ Item map[string]map[string]string }
	}
	var request struct{ RequestItems map[string][]write }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writes := request.RequestItems["Orders"]
	taken := max(1, len(writes)-1)
	for _, one := range writes[:taken] {
		d.written = append(d.written, one.PutRequest.Item["id"]["S"])
	}
	left, _ := json.Marshal(map[string][]write{"Orders": writes[taken:]})
	if taken == len(writes) {
		left = []byte("{}")
	}
	fmt.Fprintf(w, `{"UnprocessedItems":%s}`, left)
}

func TestFill(t *testing.T) {
	var d table
	server := httptest.NewServer(&d)
	defer server.Close()
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	var lines strings.Builder
	for n := range 27 {
		fmt.Fprintf(&lines, "{\"id\":\"o-%d\"}\n", n)
	}
	n, err := fill(t.Context(), client, "Orders", strings.NewReader(lines.String()))
	if err != nil || n != 27 || len(d.written) != 27 || d.written[24] != "o-24" || d.written[26] != "o-26" {
		t.Errorf("got %d items, error %v and in the table %q, expected 27 in their order", n, err, d.written)
	}
	if n, err := fill(t.Context(), client, "Orders", strings.NewReader(lines.String()+"{\n")); n != 25 || err == nil || !strings.HasPrefix(err.Error(), "line 28: ") {
		t.Errorf("got %d items and error %v, expected 25 and that line 28 is no JSON", n, err)
	}
	if err := run(t.Context(), nil, strings.NewReader(""), &lines); err == nil || !strings.Contains(err.Error(), "expected the name of a table") {
		t.Errorf("got error %v, expected that a table is missing", err)
	}
}
