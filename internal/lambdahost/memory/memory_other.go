//go:build !linux

package memory

import "errors"

// Supported says whether processes can be measured on this system.
const Supported = false

// Gauge measures a process.
type Gauge struct{}

// Open returns an error.
func Open(int) (*Gauge, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (g *Gauge) Close() error { return nil }

// Estimate returns an error.
func (g *Gauge) Estimate() (int64, error) { return 0, errors.ErrUnsupported }

// Exact returns an error.
func (g *Gauge) Exact() (int64, error) { return 0, errors.ErrUnsupported }

// Descendants returns nothing.
func (g *Gauge) Descendants() []int { return nil }

// EstimateWith returns 0.
func (g *Gauge) EstimateWith([]int) int64 { return 0 }

// ExactWith returns an error.
func (g *Gauge) ExactWith([]int) (int64, error) { return 0, errors.ErrUnsupported }
