package option

import (
	"math"
	"strconv"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Bytes of what the kit writes.
const (
	indexBytes   = len(`{"index":,"item":}`)
	outcomeBytes = 73 // of an outcome without its output and the digits of its index
	partBytes    = 4 << 20
	uploadPart   = 16 << 20 // a smaller object is one request
)

// using adds what an execution uses beside transitions and requests to its counts.
type using struct {
	w     plan.Workload
	s     plan.Setup
	shape plan.Shape
	b     *price.Book
	c     *plan.Counts
	done  effort // of the worker
}

func (u *using) assumed(name string) float64 { return u.b.Assumption(name).Value }

// add adds everything but traces, which depend on the duration.
func (u *using) add() {
	u.functions()
	u.objects()
	u.records()
	u.logs()
}

// expressGB returns the memory for which an Express execution is billed.
func expressGB(b *price.Book, payload float64) float64 {
	const step = 64e6
	return math.Ceil((b.Assumption("express-overhead-bytes").Value+b.Assumption("express-definition-bytes").Value+payload)/step) * 64 / 1024
}

func parts(bytes, each float64) float64 { return math.Ceil(bytes / each) }

// put returns the requests that store an object.
func put(bytes float64) float64 {
	if bytes < uploadPart {
		return 1
	}
	return parts(bytes, uploadPart) + 2
}

// outcome returns the bytes of an item's outcome.
func (u *using) outcome() int {
	return outcomeBytes + len(strconv.Itoa(max(u.w.Items-1, 0))) + u.w.ResultBytes
}

// objects adds the requests of S3.
func (u *using) objects() {
	c, n, m := u.c, float64(u.w.Items), float64(u.c.Children)
	if u.s.Passing == plan.Inline {
		return
	}
	items := n * float64(u.w.ItemBytes+1)
	result := float64(u.outcome())
	results := n * result
	list := items
	if u.s.Passing == plan.ByReference {
		address := u.assumed("chunk-address-bytes")
		list, results = m*address, m*2*address
		c.S3Puts += m                                            // chunks
		c.S3Puts += c.LambdaRequests[plan.Worker] + u.done.parts // each attempt lists the parts of earlier ones
		c.S3Gets += c.LambdaRequests[plan.Worker] + u.done.reads // and reads the chunk
		c.S3Gets += u.done.parts                                 // by the summary
	}
	if c.LambdaRequests[plan.JobStart]+c.LambdaRequests[plan.Chunker] > 0 {
		c.S3Puts += put(list)
	}
	if c.LambdaRequests[plan.Chunker] > 0 {
		c.S3Gets += parts(items, u.assumed("item-reader-bytes-per-get"))
	}
	if u.shape.Map.Reader {
		c.S3Gets += parts(list, u.assumed("item-reader-bytes-per-get"))
	}
	if u.s.Passing == plan.ByValue {
		for r := range plan.Runs(u.w, u.s) {
			if float64(r.Items)*result > protocol.MaxAnswer {
				c.S3Puts += float64(r.Batches)
				c.S3Gets += float64(r.Batches)
			}
		}
	}
	const files = 1
	if u.shape.Map.Writer {
		c.S3Puts += parts(results, u.assumed("result-writer-bytes-per-part")) + files + 1
	}
	if c.LambdaRequests[plan.Summary] > 0 {
		c.S3Puts += 1 + 3     // LIST, and the files of the report
		c.S3Gets += 1 + files // the manifest, and what it lists
		if u.w.Failed > 0 {
			c.S3Puts += 2
			c.S3Gets++ // the items again, or the addresses of their chunks
			if u.s.Passing == plan.ByReference {
				c.S3Gets += u.chunksWithFailures()
			}
		}
	}
}

// chunksWithFailures returns how many chunks are expected to have an item that fails.
func (u *using) chunksWithFailures() (n float64) {
	for r := range plan.Runs(u.w, u.s) {
		n += float64(r.Batches) * (1 - math.Pow(1-u.w.Failed, float64(r.Items)))
	}
	return n
}

// records adds the requests of DynamoDB: of the lock, and of workers that remember
// items that are done.
func (u *using) records() {
	eachCall(u.shape.Parent, func(c *plan.Call) {
		if c.Service == "dynamodb" {
			u.c.WriteUnits++
		}
	})
	if u.s.Once {
		u.c.WriteUnits += 2 * float64(u.w.Items)
	}
}

func (u *using) logs() {
	for _, n := range u.c.LambdaRequests {
		u.c.LogBytes += n * u.assumed("log-bytes-per-invocation")
	}
	n := float64(u.w.Items)
	u.c.LogBytes += n * u.w.Failed * u.assumed("log-bytes-per-failed-item")
	u.c.LogBytes += u.c.LambdaRequests[plan.Summary] * u.assumed("log-bytes-of-summary")
	if u.s.LogData {
		u.c.VendedLogBytes = u.c.Events*u.assumed("log-data-bytes-per-event") + n*(4*float64(indexBytes+u.w.ItemBytes)+3*float64(outcomeBytes+u.w.ResultBytes))
	}
}

// traces adds the traces of an execution that takes so long. X-Ray samples the first
// request of each second, and a share of the others: children start in bursts, one for
// each round.
func (u *using) traces(seconds float64) {
	if !u.s.Traced {
		return
	}
	n, m := float64(1+u.c.Children), float64(u.c.Children)
	rate, atOnce := u.b.Limit("states.starts.standard"), float64(max(u.s.MaxConcurrency, 1))
	if u.shape.Map.Express {
		rate = u.b.Limit("states.starts.express")
	}
	starting := math.Min(seconds, 1+math.Ceil(m/rate)+math.Ceil(m/atOnce))
	u.c.Traces = math.Min(n, math.Round(u.assumed("trace-sampling")*n+starting))
}
