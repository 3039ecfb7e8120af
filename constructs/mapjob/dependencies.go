//go:build mapjob_dependencies

// This file is never compiled. It tells `go mod tidy` and `go mod vendor`, which
// read the files of all build tags, that an app with this package also builds its
// functions: go.mod, go.sum and the vendor folder of the app have what they import.

package mapjob

import (
	_ "github.com/mapjob/mapjob/constructs/mapjob/functions/accountant"
	_ "github.com/mapjob/mapjob/constructs/mapjob/functions/chunker"
)
