// Package protocol defines what a job's state machine, its functions, the
// runner and the command say to each other: messages, object keys, the names
// of states, the ranking of outcomes and the names of errors.
//
// The state machine's side of it is JSONata, which constructs/mapjob builds
// from the names here; a test runs every form of job and decodes each message
// strictly with the types of this package.
//
// # Versions
//
// A running or redriven execution keeps the definition that it started with,
// and meets functions that were deployed later. Functions therefore accept
// messages of this version and of the one before. A message without a version
// is one of version 1.
package protocol

import "fmt"

// Version is the version of the messages that this module sends. It changes
// when a function that knows only the version before could misread a message.
const Version = 1

// CheckVersion returns an error if a function of this module can't work on a
// message of the version. Zero stands for version 1.
func CheckVersion(version int) error { return checkVersion(version, Version) }

// checkVersion is CheckVersion in a module that sends a version.
func checkVersion(version, sent int) error {
	if version == 0 {
		version = 1
	}
	if oldest := max(sent-1, 1); version < oldest || version > sent {
		return fmt.Errorf("got a message of protocol version %d, expected version %d to %d: deploy the function and the state machine from one release of mapjob",
			version, oldest, sent)
	}
	return nil
}

// SentVersion returns the member "version" of a message that this module sends:
// [Version], but 0, which is left out, for version 1.
func SentVersion() int { return sentVersion(Version) }

func sentVersion(version int) int {
	if version == 1 {
		return 0
	}
	return version
}

// LocalContext is the context value of a CDK app that makes its Go functions name
// their packages, in [PackageMetadata], instead of being built for Lambda. mapjob
// run sets it. An assembly made with it can't be deployed.
const LocalContext = "mapjob:local"

// PackageMetadata is the metadata of a function's resource that names its package,
// as package gobuild writes it.
const PackageMetadata = "mapjob:package"

// MaxItems is the most items that a job may have. It is what a Distributed Map
// reads at most (Step Functions developer guide, "ItemReader").
const MaxItems = 100_000_000

// MaxPayload is the most that Step Functions passes from one state to the
// next, in bytes of UTF-8 ("Service quotas", task, state and execution payload).
const MaxPayload = 262_144

// MaxInput is the largest input of a job's execution, in bytes: a payload, less
// room for what travels with it. The items of an Inline job, their outcomes and
// what travels with these take as much.
const MaxInput = 240_000

// MaxAnswer is the most that a function answers and that the items of a batch
// take, in bytes: a payload, less room for what travels with them.
const MaxAnswer = MaxPayload - 16_384

// MaxItem is the largest item that a job passes by reference, in bytes of JSON,
// wherever it comes from: a reader holds it in memory, and a rerun reads it
// again from a file.
const MaxItem = 16 << 20

// MaxOutcome is the largest outcome that a worker may store, in bytes of JSON. The
// summary has one in memory at a time.
const MaxOutcome = 64 << 20
