package figure

import (
	"errors"
	"os"
	"slices"

	"github.com/mapjob/mapjob/internal/spread"
)

// Workplace holds the resources that a figure needs while it is measured.
type Workplace struct{ closers []func() error }

// OnClose adds a function to call after the measurement.
func (w *Workplace) OnClose(closer func() error) { w.closers = append(w.closers, closer) }

// Folder creates a folder, which is removed after the measurement. What an earlier
// measurement removed doesn't slow down what is written to the folders in it.
func (w *Workplace) Folder() (string, error) {
	folder, err := os.MkdirTemp("", "mapjob-bench")
	if err != nil {
		return "", err
	}
	spread.Folders(folder)
	w.OnClose(func() error { return os.RemoveAll(folder) })
	return folder, nil
}

func (w *Workplace) close() error {
	var errs []error
	for _, closer := range slices.Backward(w.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}
