package replay

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/fault"
)

// Flags of go test, after those of package testing: go test -run TestX -sfntest.seeds 1000.
var (
	seedsFlag  = flag.String("sfntest.seeds", "", "number of seeds of each sfntest.Explore")
	seedFlag   = flag.String("sfntest.seed", "", "run only this seed of each sfntest.Explore")
	faultsFlag = flag.String("sfntest.faults", "", "faults in place of those that the seed chooses: a file, or JSON")
)

// Flags are what the flags of go test say.
type Flags struct {
	Seeds  int           // 0 if the flag is not given
	Seed   *uint64       // the only one; nil if the flag is not given
	Faults []fault.Fault // of the seed, if HasFaults
	// HasFaults is true if there are faults in place of those of the seed, even none.
	HasFaults bool
}

// ReadFlags returns the flags. The error has all that are wrong.
func ReadFlags() (*Flags, error) {
	var f Flags
	var errs []error
	if *seedsFlag != "" {
		n, err := strconv.Atoi(*seedsFlag)
		if err != nil || n < 1 {
			errs = append(errs, fmt.Errorf("-sfntest.seeds: got %q, expected a whole number from 1", *seedsFlag))
		}
		f.Seeds = n
	}
	if *seedFlag != "" {
		n, err := strconv.ParseUint(*seedFlag, 10, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("-sfntest.seed: got %q, expected a whole number", *seedFlag))
		}
		f.Seed = &n
	}
	if *faultsFlag != "" {
		var err error
		if f.Faults, err = faultsOf(*faultsFlag); err != nil {
			errs = append(errs, fmt.Errorf("-sfntest.faults: %w", err))
		}
		if f.HasFaults = true; f.Seed == nil {
			errs = append(errs, errors.New("-sfntest.faults: got it without -sfntest.seed, expected both"))
		}
	}
	return &f, errors.Join(errs...)
}

func faultsOf(text string) ([]fault.Fault, error) {
	if start := strings.TrimSpace(text); !strings.HasPrefix(start, "[") && !strings.HasPrefix(start, "{") {
		return ReadFaults(text)
	}
	return parseFaults([]byte(text))
}

// ReadFaults reads a file with faults in JSON or YAML.
func ReadFaults(path string) ([]fault.Fault, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	faults, err := parseFaults(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return faults, nil
}

func parseFaults(text []byte) ([]fault.Fault, error) {
	plan, err := fault.Read(text)
	if err != nil {
		return nil, err
	}
	if len(plan.Share) > 0 || plan.Seed != 0 {
		return nil, errors.New("got seed or share, expected faults only: use Seed for the order of a run, and Explore for faults at random")
	}
	return plan.Faults, nil
}
