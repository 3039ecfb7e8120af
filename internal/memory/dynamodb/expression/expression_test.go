package expression

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/value"
	"pgregory.net/rapid"
)

func TestReservedWords(t *testing.T) {
	for name, expected := range map[string]bool{"ABORT": true, "status": true, "Ttl": true, "zone": true, "owner": true, "id": false, "items": true, "key": true, "customer": false, "zones": false} {
		if reserved(name) != expected {
			t.Errorf("%s: got %t, expected %t", name, !expected, expected)
		}
	}
}

// TestNoTextBreaksTheParser parses texts of pieces that expressions are made of, which
// mean nothing together.
func TestNoTextBreaksTheParser(t *testing.T) {
	pieces := []string{"a", "#n", ":v", "(", ")", ",", ".", "[", "]", "0", "=", "<", "<>", ">=", "AND", "OR", "NOT", "IN", "BETWEEN", "size", "size(", "contains(",
		"attribute_exists(", "SET", "REMOVE", "ADD", "DELETE", "+", "-", "list_append(", "if_not_exists(", "status", "#", ":", "é", "'", "99999999999999999999"}
	item := value.NewObject("a", attribute.Of("S", "x"))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "text"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		s, problem := NewScope(value.NewObject("#n", "n"), value.NewObject(":v", attribute.Of("N", "1")))
		if problem != "" {
			t.Fatal(problem)
		}
		if c, problem := s.Condition(text); problem == "" {
			c.Holds(item)
			c.Holds(nil)
			c.Keys()
		} else if c != nil {
			t.Fatalf("%s: got a condition and %s", text, problem)
		}
		if u, problem := s.Update(text); problem == "" {
			u.Apply(item)
		}
		if p, problem := s.Projection(text); problem == "" {
			p.Of(item)
		}
	})
}
