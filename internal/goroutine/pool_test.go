package goroutine_test

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/internal/goroutine"
)

func TestAPoolUsesGoroutinesAgain(t *testing.T) {
	synctest.Test(t, func(*testing.T) { // ends only if all its goroutines do
		p := goroutine.NewPool()
		defer p.Close()
		before, ran := runtime.NumGoroutine(), 0
		for range 100 {
			p.Go(func() { ran++ })
			synctest.Wait()
		}
		if more := runtime.NumGoroutine() - before; ran != 100 || more != 1 {
			t.Errorf("got %d runs on %d goroutines, expected 100 on one", ran, more)
		}
	})
}

func TestFunctionsOfAPoolRunAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		p := goroutine.NewPool()
		meet := make(chan int)
		met := 0
		p.Go(func() { meet <- 1 })
		p.Go(func() { met = <-meet })
		p.Go(runtime.Goexit) // as t.FailNow does
		synctest.Wait()
		p.Close()
		p.Go(func() { met++ })
		synctest.Wait()
		if met != 2 {
			t.Errorf("got %d, expected the functions to meet, and one after Close to run", met)
		}
	})
}
