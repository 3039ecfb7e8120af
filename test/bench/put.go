package main

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/objectstore"
	"golang.org/x/sync/errgroup"
)

// putObjects puts small objects into our S3, by the AWS SDK in several processes. The
// peer is a server that does no more than write a file.
func putObjects(w *workplace) (sides, error) {
	folder, err := os.MkdirTemp("", "mapjob-bench")
	if err != nil {
		return sides{}, err
	}
	w.onClose(func() error { return os.RemoveAll(folder) })
	putter := filepath.Join(folder, "putter")
	if out, err := exec.Command("go", "build", "-o", putter, "github.com/mapjob/mapjob/test/bench/putter").CombinedOutput(); err != nil {
		return sides{}, fmt.Errorf("the client does not build: %w\n%s", err, out)
	}
	store, err := objectstore.New(filepath.Join(folder, "s3"), nil)
	if err == nil {
		err = store.CreateBucket("bucket")
	}
	if err != nil {
		return sides{}, err
	}
	files := fileServer(filepath.Join(folder, "files"))
	ours, err := w.serveObjects(store, putter, store.BucketFolder("bucket"))
	if err != nil {
		return sides{}, err
	}
	peer, err := w.serveObjects(files, putter, filepath.Join(string(files), "bucket"))
	return sides{ours: ours.putPerSecond, peer: peer.putPerSecond}, err
}

// fileServer is the folder of a server that writes each object to a file, by the
// shortest way.
type fileServer string

func (folder fileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err == nil {
		err = os.WriteFile(filepath.Join(string(folder), r.URL.Path), content, 0o600)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
}

// objectServer is a server that objects are put into.
type objectServer struct{ url, putter, bucket string }

func (w *workplace) serveObjects(handler http.Handler, putter, bucket string) (objectServer, error) {
	server, err := loopback.Serve("S3", "", 0, handler)
	if err != nil {
		return objectServer{}, err
	}
	w.onClose(server.Close)
	return objectServer{url: server.URL, putter: putter, bucket: bucket}, nil
}

// putPerSecond puts new objects, and returns how many it put in a second.
func (s objectServer) putPerSecond() (rate float64, err error) {
	const processes, puts = 4, 5000
	folder := filepath.Join(s.bucket, "invoices")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	rate, err = perSecond(processes*puts, func() error {
		var group errgroup.Group
		for i := range processes {
			group.Go(func() error {
				out, err := exec.Command(s.putter, s.url, fmt.Sprintf("invoices/%d-", i), strconv.Itoa(puts)).CombinedOutput()
				if err != nil {
					err = fmt.Errorf("putting objects: %w\n%s", err, out)
				}
				return err
			})
		}
		return group.Wait()
	})
	if err != nil {
		return 0, err
	}
	written, err := os.ReadDir(folder)
	if err == nil && len(written) != processes*puts {
		err = fmt.Errorf("%s: got %d files, expected %d", folder, len(written), processes*puts)
	}
	return rate, err
}
