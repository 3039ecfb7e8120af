package plan

import (
	"fmt"
	"testing"
)

func TestMemoryThatTheRunDoesNotFitIntoIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		sizes    []int
		most     int
		expected string
	}{
		{[]int{128, 256, 512}, 102, "[128 256 512] []"},
		{[]int{128, 256, 512}, 103, "[256 512] [128]"},
		{[]int{128, 1024, 2048}, 900, "[2048] [128 1,024]"},
		{[]int{128, 256}, 300, "[128 256] []"},
		{[]int{128}, 0, "[128] []"},
	} {
		var times []timed
		for _, memory := range c.sizes {
			times = append(times, timed{memory: memory})
		}
		kept, small := withRoom(times, c.most)
		var sizes []int
		for _, t := range kept {
			sizes = append(sizes, t.memory)
		}
		if got := fmt.Sprint(sizes, " ", small); got != c.expected {
			t.Errorf("%v with %d MB in use: got %s, expected %s", c.sizes, c.most, got, c.expected)
		}
	}
}
