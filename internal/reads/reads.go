// Package reads lets mapjob run see which files a CDK app reads and which
// programs it starts.
//
// The package records what goes through package os, in the way in which the go
// command does for tests, to know whether a test's result can be used again. It
// does so only in an app that was built with the tag [Tag] and the linker flag
// [LinkerFlag]. In any other program it does nothing.
package reads

const (
	// Tag is the build tag of an app whose reads are recorded.
	Tag = "mapjob_reads"
	// LinkerFlag lets package reads use an internal package of the standard library.
	LinkerFlag = "-checklinkname=0"
	// LogVariable names the environment variable that has the path of the log. Lines
	// are appended to it.
	LogVariable = "MAPJOB_READS"
)

// Line is a line of the log, as JSON.
type Line struct {
	Access string `json:"access"`
	Path   string `json:"path,omitempty"`
	Folder string `json:"folder,omitempty"` // in which Path is, if that is not absolute
}

// What a line says. Those of Node.js are in observe.js of package synthesis, too.
const (
	// Began says that a Go program began to record.
	Began = "go"
	// BeganNode says that a Node.js program began to record.
	BeganNode = "node"
	// Opened says that a program opened a file or a folder.
	Opened = "open"
	// Looked says that a program looked whether a file or a folder exists, and at
	// what is known of it without opening it.
	Looked = "stat"
	// Whole says that all of a folder may have been read.
	Whole = "tree"
	// Matched says that a program looked for files by a pattern.
	Matched = "glob"
	// Started says that a Go program started the program of a file.
	Started = "start"
	// StartedByNode says that a Node.js program started another program, which Path
	// names as the program did: it may be a command of a shell.
	StartedByNode = "start by node"
	// Asked says that the go command was started to ask it for settings or packages,
	// not to build anything.
	Asked = "ask"
)

// NotRecorded begins the error of a program that can't write to the log.
const NotRecorded = "mapjob can't record what the app reads: "
