package services

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryActionHasParameters(t *testing.T) {
	t.Parallel()
	actions := 0
	for service, table := range tables() {
		for action, shape := range table() {
			actions++
			if shape.Kind != Structure || action == "" {
				t.Errorf("got %v for %s:%s, expected a structure", shape, service, action)
			}
			for _, m := range shape.Members {
				if !isUpper(m.Name[0]) || m.Shape == nil {
					t.Errorf("got the member %v of %s:%s, expected a name in Pascal case and a shape", m, service, action)
				}
			}
		}
	}
	if actions < 500 {
		t.Errorf("got %d actions, expected at least 500", actions)
	}
}

// The tables of optimized integrations name some that exist.
func TestOptimizedShapesAreOfOptimizedIntegrations(t *testing.T) {
	t.Parallel()
	for name := range tables()[""]() {
		service, action, _ := strings.Cut(name, ":")
		if !slices.Contains(optimized[service], action) {
			t.Errorf("got parameters of %s, expected an optimized integration", name)
		}
	}
	for _, service := range []string{"dynamodb", "lambda", "sqs", "states"} {
		for _, action := range optimized[service] {
			if (Resource{Service: service, Action: action}).Parameters() == nil {
				t.Errorf("got no parameters of %s:%s", service, action)
			}
		}
	}
}

func TestNamesOfMembers(t *testing.T) {
	t.Parallel()
	s := &Shape{Kind: Structure, Members: []Member{{Name: "TableName"}, {Name: "ACL"}, {Name: "NULL"}, {Name: "SSEKMSKeyId"}, {Name: "S3Bucket"}}}
	for name, expected := range map[string]string{
		"TableName": "TableName", "Tablename": "", "tableName": "", "": "",
		"ACL": "ACL", "Acl": "ACL", "acl": "",
		"NULL": "NULL", "Nul": "NULL", "Null": "NULL",
		"SSEKMSKeyId": "SSEKMSKeyId", "SsekmsKeyId": "SSEKMSKeyId", "SseKmsKeyId": "SSEKMSKeyId", "sseKMSKeyId": "",
		"S3Bucket": "S3Bucket", "S3bucket": "",
	} {
		if m, ok := s.Member(name); m.Name != expected || ok != (expected != "") {
			t.Errorf("got %q for %q, expected %q", m.Name, name, expected)
		}
	}
}

func BenchmarkReadTables(b *testing.B) {
	for b.Loop() {
		for part := range strings.SplitSeq(unpack(archive), "service ") {
			_, lines, _ := strings.Cut(part, "\n")
			readTable(lines)
		}
	}
}
