// Package sfntest tests state machines of AWS Step Functions in go test: it runs
// a definition as it was synthesized, with Go functions in place of Lambda
// functions, AWS services in memory, time that jumps, and faults.
//
// A test parses what the CDK synthesized, or a definition on its own, and runs it
// in a bubble of package [testing/synctest], whose time moves only when everything
// waits:
//
//	func TestRefundWaitsADay(t *testing.T) {
//		stack := sfntest.Open(t, "cdk.out")
//		synctest.Test(t, func(t *testing.T) {
//			w := sfntest.New(t, stack, sfntest.HandleFunc("Charge", charge))
//			x := w.Start("Refund", Order{ID: "o-1"})
//			w.Advance(24 * time.Hour)
//			x.Waits()[0].Succeed(map[string]bool{"approved": true})
//			x.RunToEnd()
//			…
//		})
//	}
//
// [Explore] runs a stack many times, each time with other faults and in another
// order, and checks what must always hold.
package sfntest
