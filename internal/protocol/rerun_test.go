package protocol_test

import (
	"path"
	"testing"

	"github.com/mapjob/mapjob/internal/protocol"
)

func TestErrorsAreBesideTheItemsOfARerun(t *testing.T) {
	t.Parallel()
	for key, expected := range map[string]string{
		"m/x/reruns/first.jsonl":    "m/x/reruns/first.errors.jsonl",
		"m/x.y/reruns/a.b.jsonl":    "m/x.y/reruns/a.b.errors.jsonl",
		"m/x/reruns/without-ending": "m/x/reruns/without-ending.errors",
	} {
		if got := protocol.ErrorsOf(protocol.Object{Bucket: "b", Key: key}); got != (protocol.Object{Bucket: "b", Key: expected}) {
			t.Errorf("got %v for %s, expected %s in the same bucket", got, key, expected)
		}
	}
	if got := path.Base(protocol.ErrorsOf(protocol.Object{Key: protocol.FailuresFile}).Key); got != protocol.FailuresErrorsFile {
		t.Errorf("got %s, expected %s beside %s", got, protocol.FailuresErrorsFile, protocol.FailuresFile)
	}
}

func TestTheMemberOfARerunSteersTheJob(t *testing.T) {
	t.Parallel()
	if !protocol.IsControl(protocol.MemberRerun) {
		t.Errorf("got %s, expected a name that webhooks and events refuse", protocol.MemberRerun)
	}
}
