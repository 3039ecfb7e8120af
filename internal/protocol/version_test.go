package protocol

import (
	"strings"
	"testing"
)

func TestAModuleSendsNoVersionForVersion1(t *testing.T) {
	t.Parallel()
	for version, expected := range map[int]int{1: 0, 2: 2, 3: 3} {
		got := sentVersion(version)
		if got != expected {
			t.Errorf("got %d for version %d, expected %d", got, version, expected)
		}
		for _, reader := range []int{version, version + 1} {
			if err := checkVersion(got, reader); err != nil {
				t.Errorf("got error %v in a module of version %d, expected it to accept %d", err, reader, got)
			}
		}
	}
}

func TestARefusedVersionIsTheEffectiveOne(t *testing.T) {
	t.Parallel()
	for version, expected := range map[int]string{
		0:  "got a message of protocol version 1, expected version 2 to 3",
		1:  "got a message of protocol version 1, expected version 2 to 3",
		-1: "got a message of protocol version -1, expected",
		4:  "got a message of protocol version 4, expected",
	} {
		if err := checkVersion(version, 3); err == nil || !strings.HasPrefix(err.Error(), expected) {
			t.Errorf("got error %v for version %d, expected %q", err, version, expected)
		}
	}
}
