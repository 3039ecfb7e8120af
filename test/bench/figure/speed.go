package figure

import "time"

// Times does work n times, and returns the first error.
func Times(n int, work func() error) error {
	for range n {
		if err := work(); err != nil {
			return err
		}
	}
	return nil
}

// PerSecond returns how many of its n items work handles in a second.
func PerSecond(n int, work func() error) (float64, error) {
	start := time.Now()
	err := work()
	return float64(n) / time.Since(start).Seconds(), err
}

// PerItem returns how many nanoseconds work takes for each of its n items.
func PerItem(n int, work func() error) (float64, error) {
	start := time.Now()
	err := work()
	return float64(time.Since(start)) / float64(n), err
}
