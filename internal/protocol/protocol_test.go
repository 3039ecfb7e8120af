package protocol_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/protocol"
)

func TestCheckVersionAcceptsThisVersionAndTheOneBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version  int
		accepted bool
	}{{-1, false}, {0, protocol.Version <= 2}, {max(protocol.Version-1, 1), true}, {protocol.Version, true}, {protocol.Version + 1, false}} {
		err := protocol.CheckVersion(c.version)
		if (err == nil) != c.accepted {
			t.Errorf("version %d: got error %v, expected it to be accepted: %t", c.version, err, c.accepted)
		}
		if err != nil && !strings.Contains(err.Error(), "deploy the function and the state machine from one release") {
			t.Errorf("got error %v, expected it to say what to do", err)
		}
	}
}

func TestRankPutsASuccessBeforeAFinalFailureBeforeARetryableOne(t *testing.T) {
	t.Parallel()
	ascending := []protocol.Outcome{
		{Status: protocol.Failed, Retryable: true},
		{Status: protocol.Failed},
		{Status: protocol.Succeeded},
	}
	for i := range ascending {
		if rank := ascending[i].Rank(); int(rank) != i+1 {
			t.Errorf("got rank %d of %+v, expected %d", rank, ascending[i], i+1)
		}
		if final := ascending[i].IsFinal(); final != (i > 0) {
			t.Errorf("got final %t of %+v", final, ascending[i])
		}
	}
}

func TestKeysSortAsTheirIndexesDo(t *testing.T) {
	t.Parallel()
	folder := protocol.Folder{Bucket: "results", Prefix: "job/night/outcomes"}
	last := ""
	for _, first := range []int{0, 9, 10, 99_999_999} {
		key := folder.Batch(first)
		if key <= last || !strings.HasPrefix(folder.ChunkOutcomes(first).Prefix, strings.TrimSuffix(key, ".jsonl")) {
			t.Errorf("got the key %s after %s", key, last)
		}
		last = key
	}
	if got := protocol.ItemsOf(protocol.Object{Key: "job/night/items.jsonl"}, "req-1").Key; got != "job/night/items-req-1.jsonl" {
		t.Errorf("got %s for one invocation's items", got)
	}
	if got := protocol.TryOf(protocol.Part("req-1-ABC", 12)); got != "req-1-ABC" {
		t.Errorf("got the try %s of its own part", got)
	}
}

func TestAChunkHasABucketAKeyAndItems(t *testing.T) {
	t.Parallel()
	whole := protocol.Chunk{Bucket: "b", Key: "k", Count: 1}
	if !whole.IsValid() {
		t.Errorf("got %+v refused", whole)
	}
	for name, c := range map[string]protocol.Chunk{
		"no bucket":      {Key: "k", Count: 1},
		"no key":         {Bucket: "b", Count: 1},
		"no items":       {Bucket: "b", Key: "k"},
		"negative first": {Bucket: "b", Key: "k", First: -1, Count: 1},
		"too many items": {Bucket: "b", Key: "k", Count: protocol.MaxItems + 1},
		"too late":       {Bucket: "b", Key: "k", First: protocol.MaxItems, Count: 1},
	} {
		if c.IsValid() {
			t.Errorf("%s: got %+v accepted", name, c)
		}
	}
}

// An excerpt is cut between characters, and valid UTF-8 whatever it is of.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("€", 66) // 198 bytes
	for text, expected := range map[string]string{
		"short":                   "short",
		"a\xffb":                  "a\uFFFDb",
		long + "ab":               long + "ab",
		long + "abc":              long + "ab… (201 bytes)",
		long + "€":                long + "… (201 bytes)",
		long + "😀":                long + "… (202 bytes)",
		long + "a\xff" + "\xffcd": long + "a\uFFFD… (203 bytes)",
	} {
		if got := protocol.Excerpt([]byte(text)); got != expected {
			t.Errorf("got %q, expected %q", got, expected)
		}
	}
	if got := protocol.Excerpt(bytes.Repeat([]byte{0x80}, 300)); !utf8.ValidString(got) {
		t.Errorf("got %q, expected valid UTF-8", got)
	}
}
