//go:build mapjob_reads

package reads

// Packages are initialized in the order of their paths, those that they import
// first. This one imports nothing that package os does not import, and so it begins
// to record before package os is initialized, and before anything that uses it:
// packages read files before main begins, too.
import (
	"runtime"
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
	path, _ := syscall.Getenv(LogVariable)
	if path == "" {
		return
	}
	log, err := syscall.Open(path, syscall.O_APPEND|syscall.O_CREAT|syscall.O_WRONLY|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return
	}
	folder, err := syscall.Getwd()
	if err != nil {
		return
	}
	process.append = func(line []byte) error {
		_, err := syscall.Write(log, line)
		return err
	}
	process.folder = folder
	process.write(Began, folder)
	setObserver(process)
}

// Ask notes that the go command is about to be asked for settings or packages, and
// not to build anything.
func Ask() { process.write(Asked, "") }

type recorder struct {
	mutex  sync.Mutex
	append func(line []byte) error // to the log; nil if there is none
	folder string                  // the current one
}

func (r *recorder) Getenv(string) {}

func (r *recorder) Stat(path string) { r.write(Looked, path) }

// Open is called for a program that is started, too.
func (r *recorder) Open(path string) {
	if starts() {
		r.write(Started, path)
		return
	}
	r.write(Opened, path)
}

// starts reports whether the caller of [recorder.Open] starts a program.
func starts() bool {
	const depth = 4 // runtime.Callers, starts, Open and the function of package testlog
	callers := make([]uintptr, 1)
	runtime.Callers(depth, callers)
	caller, _ := runtime.CallersFrames(callers).Next()
	return caller.Function == "os.StartProcess"
}

func (r *recorder) Chdir(folder string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.folder = folder
}

// write appends a line. It panics if it can't: an assembly must not be kept as
// one whose inputs are known.
func (r *recorder) write(access, path string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.append == nil {
		return
	}
	line := `{"access":` + quoted(access) + `,"path":` + quoted(path) + `,"folder":` + quoted(r.folder) + "}\n"
	if err := r.append([]byte(line)); err != nil {
		panic(NotRecorded + err.Error())
	}
}

// quoted returns a text as JSON.
func quoted(text string) string {
	const hex = "0123456789abcdef"
	quoted := []byte{'"'}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			quoted = append(quoted, '\\', c)
		case c < ' ':
			quoted = append(quoted, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			quoted = append(quoted, c)
		}
	}
	return string(append(quoted, '"'))
}
