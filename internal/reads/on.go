//go:build mapjob_reads

package reads

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	_ "unsafe" // for linkname
)

// observer has the methods of internal/testlog.Interface. Package os calls them.
type observer interface {
	Getenv(name string)
	Stat(path string)
	Open(path string)
	Chdir(folder string)
}

//go:linkname setObserver internal/testlog.SetLogger
func setObserver(observer)

// process records this process. It records nothing if it has no log.
var process = &recorder{}

func init() {
	path := os.Getenv(LogVariable)
	if path == "" {
		return
	}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	folder, err := syscall.Getwd() // os.Getwd would be recorded
	if err != nil {
		return
	}
	process.log, process.folder = log, folder
	process.write(Began, folder)
	setObserver(process)
}

// Ask notes that the go command is about to be asked for settings or packages, and
// not to build anything.
func Ask() { process.write(Asked, "") }

type recorder struct {
	mutex  sync.Mutex
	log    *os.File
	folder string // the current one
}

func (r *recorder) Getenv(string) {}

func (r *recorder) Stat(path string) { r.write(Looked, path) }

func (r *recorder) Open(path string) { r.write(Opened, path) }

func (r *recorder) Chdir(folder string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.folder = folder
}

// write appends a line. It panics if it can't: an assembly must not be kept as
// one whose inputs are known.
func (r *recorder) write(do, path string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.log == nil {
		return
	}
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(r.folder, path)
	}
	line, err := json.Marshal(Line{Do: do, Path: path})
	if err == nil {
		_, err = r.log.Write(append(line, '\n'))
	}
	if err != nil {
		panic(fmt.Sprintf("mapjob can't record what the app reads: %v", err))
	}
}
