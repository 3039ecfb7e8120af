package parts

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/mapjob/mapjob/internal/loopback"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/test/bench/figure"
	"github.com/mapjob/mapjob/test/bench/parts/fileserver"
	"golang.org/x/sync/errgroup"
)

// putObjects puts small objects into our S3, by the AWS SDK in several processes. The
// peer is a server that does no more than write a file.
func putObjects(w *figure.Workplace) (figure.Sides, error) {
	folder, err := w.Folder()
	if err != nil {
		return figure.Sides{}, err
	}
	putter := filepath.Join(folder, "putter")
	if out, err := exec.Command("go", "build", "-o", putter, "github.com/mapjob/mapjob/test/bench/parts/putter").CombinedOutput(); err != nil {
		return figure.Sides{}, fmt.Errorf("the client does not build: %w\n%s", err, out)
	}
	// ext4 places a folder by its name: these are not where an earlier benchmark has removed its files.
	s3, err := os.MkdirTemp(folder, "s3-")
	if err != nil {
		return figure.Sides{}, err
	}
	plain, err := os.MkdirTemp(folder, "files-")
	if err != nil {
		return figure.Sides{}, err
	}
	store, err := objectstore.New(s3, nil)
	if err == nil {
		err = store.CreateBucket("bucket")
	}
	if err != nil {
		return figure.Sides{}, err
	}
	files := fileserver.Folder(plain)
	ours, err := serveObjects(w, store, putter, store.BucketFolder("bucket"))
	if err != nil {
		return figure.Sides{}, err
	}
	peer, err := serveObjects(w, files, putter, filepath.Join(plain, "bucket"))
	return figure.Sides{Ours: ours.putPerSecond, Peer: peer.putPerSecond}, err
}

// objectServer is a server that objects are put into.
type objectServer struct{ url, putter, bucket string }

func serveObjects(w *figure.Workplace, handler http.Handler, putter, bucket string) (*objectServer, error) {
	server, err := loopback.Serve("S3", "", 0, handler)
	if err != nil {
		return nil, err
	}
	w.OnClose(server.Close)
	return &objectServer{server.URL, putter, bucket}, nil
}

// putPerSecond puts new objects into a new folder, and returns how many it put in a
// second. The files stay until the end: file systems create files more slowly for a
// while after many were removed.
func (s *objectServer) putPerSecond() (float64, error) {
	const processes, puts = 4, 5000
	if err := os.MkdirAll(s.bucket, 0o700); err != nil {
		return 0, err
	}
	folder, err := os.MkdirTemp(s.bucket, "invoices")
	if err != nil {
		return 0, err
	}
	rate, err := figure.PerSecond(processes*puts, func() error {
		var group errgroup.Group
		for i := range processes {
			group.Go(func() error {
				prefix := fmt.Sprintf("%s/%d-", filepath.Base(folder), i)
				out, err := exec.Command(s.putter, s.url, prefix, strconv.Itoa(puts)).CombinedOutput()
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
