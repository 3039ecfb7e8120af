// Package fileserver is the least that a server of objects can do: it writes each body
// to a file and answers with its MD5.
package fileserver

import (
	"crypto/md5"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// Folder is an [http.Handler] that writes into this folder. The folders in it must
// exist.
type Folder string

func (f Folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err == nil {
		err = os.WriteFile(filepath.Join(string(f), r.URL.Path), content, 0o600)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
}
