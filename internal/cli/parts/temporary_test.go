package parts

import (
	"os"
	"strings"
	"testing"
)

func TestFolderOfTemporaryFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, isFolder := range map[string]bool{"folder": true, "file": false} {
		var err error
		if isFolder {
			err = os.Mkdir(name, 0o700)
		} else {
			err = os.WriteFile(name, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for given, ok := range map[string]bool{at + "/folder": true, at + "/file": false, at + "/none": false, "folder": false} {
		if err := checkTemporary(given); (err == nil) != ok || err != nil && !strings.HasPrefix(err.Error(), "TMPDIR: got ") {
			t.Errorf("%s: got %v", given, err)
		}
	}
}
