package option

import (
	"math"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Bytes of what the kit writes.
const (
	indexBytes   = len(`{"index":,"item":}`)
	outcomeBytes = 73  // of an outcome without its output and the digits of its index
	addressBytes = 150 // of a chunk in the list of chunks
	partBytes    = 4 << 20
	uploadBytes  = 1 << 20  // a smaller object is one request
	uploadPart   = 16 << 20 // of an object in parts
)

// using adds what an execution uses beside transitions and requests to its counts.
type using struct {
	w     plan.Workload
	s     plan.Setup
	shape plan.Shape
	b     *price.Book
	c     *plan.Counts
}

func (u using) assumed(name string) float64 { return u.b.Assumption(name).Value }

// add adds everything but traces, which depend on the duration.
func (u using) add() {
	u.functions()
	u.objects()
	u.records(u.shape.Parent)
	u.logs()
}

// batchSeconds returns how long the worker takes for a batch without a crash.
func (u using) batchSeconds(items int) float64 {
	return batchSeconds(u.w, u.s, items) + u.assumed("kit-seconds-per-item")*float64(items)
}

// batchSeconds returns how long the items of a batch take.
func batchSeconds(w plan.Workload, s plan.Setup, items int) float64 {
	atOnce := float64(max(s.ItemsAtOnce, 1))
	if w.Time.Deviation() > 0 {
		return float64(items) * w.Time.Mean().Seconds() / atOnce
	}
	return math.Ceil(float64(items)/atOnce) * w.Time.Mean().Seconds()
}

// perInvocation returns the items that an invocation of the worker gets in a batch.
func (u using) perInvocation(items int) int {
	if len(u.shape.PerItem) > 0 {
		return 1
	}
	return items
}

// functions adds the GB-seconds of functions and of Express executions.
func (u using) functions() {
	gb := float64(u.s.Memory[plan.Worker]) / 1024
	var worker, express float64
	attempts := 0
	for _, step := range append(append([]plan.Step{}, u.shape.Child...), u.shape.PerItem...) {
		if step.Call != nil && step.Call.Role == plan.Worker {
			if r := step.Call.Retrier(plan.Crash); r != nil {
				attempts = r.MaxAttempts
			}
		}
	}
	for r := range plan.Runs(u.w, u.s) {
		n, k := float64(r.Batches), u.perInvocation(r.Items)
		if k == 1 {
			n *= float64(r.Items)
		}
		seconds := math.Ceil(u.batchSeconds(k)*1000-1e-6) / 1000
		ended, crashed := u.fates(r, attempts, k)
		worker += gb * seconds * (n*ended + n*crashed/2)
		if u.shape.Map.Express {
			bytes := float64(r.Items*(indexBytes+u.w.ItemBytes) + u.s.Overhead)
			express += float64(r.Batches) * expressGB(u.b, bytes) * math.Ceil(u.batchSeconds(r.Items)*10-1e-6) / 10
		}
	}
	u.c.LambdaGBSeconds[plan.Worker] = price.From(worker)
	u.c.ExpressGBSeconds = price.From(express)
	for _, role := range []plan.Role{plan.JobStart, plan.Chunker, plan.Summary} {
		if u.c.LambdaRequests[role] > 0 {
			u.c.LambdaGBSeconds[role] = price.From(roleSeconds(role, u.w, u.s, u.b) * float64(u.s.Memory[role]) / 1024)
		}
	}
}

// fates returns how many attempts of an invocation end, and how many crash, on average.
func (u using) fates(r plan.Run, attempts, items int) (ended, crashed float64) {
	if u.w.Crashed <= 0 {
		return 1, 0
	}
	if !u.w.Seeded {
		failed := math.Pow(u.w.Crashed, float64(attempts+1))
		for i := 1; i <= attempts+1; i++ {
			crashed += math.Pow(u.w.Crashed, float64(i))
		}
		if u.s.Passing == plan.ByReference { // the next attempt goes on
			return 1, 0
		}
		return 1 - failed, crashed
	}
	n := 0
	r.Each(func(first, k int) bool {
		for i := 0; i < k; i += max(items, 1) {
			n++
			for attempt := 0; attempt <= attempts; attempt++ {
				f := u.w.Fate(first+i, attempt)
				if !f.Crashed {
					ended++
					break
				}
				crashed += 2 * f.Share // which is a half on average
			}
		}
		return true
	})
	return ended / float64(n), crashed / float64(n)
}

// expressGB returns the memory for which an Express execution is billed.
func expressGB(b *price.Book, payload float64) float64 {
	const definition, step = 10_000, 64e6
	return math.Ceil((b.Assumption("express-overhead-bytes").Value+definition+payload)/step) * 64 / 1024
}

// roleSeconds returns how long the kit's part of a function takes.
func roleSeconds(role plan.Role, w plan.Workload, s plan.Setup, b *price.Book) float64 {
	rate := b.Assumption("start-items-per-second").Value
	if role == plan.Summary {
		rate = b.Assumption("summary-items-per-second").Value
	}
	return float64(w.Items) / (rate * float64(s.Memory[role]) / b.Assumption("vcpu-memory").Value)
}

func parts(bytes, each float64) float64 { return math.Ceil(bytes / each) }

// put returns the requests that store an object.
func put(bytes float64) float64 {
	if bytes < uploadBytes {
		return 1
	}
	return parts(bytes, uploadPart) + 2
}

// objects adds the requests of S3.
func (u using) objects() {
	c, n, m := u.c, float64(u.w.Items), float64(u.c.Children)
	if u.s.Passing == plan.Inline {
		return
	}
	items := n * float64(u.w.ItemBytes+1)
	result := float64(outcomeBytes+u.w.ResultBytes) + math.Ceil(math.Log10(n+1))
	results := n * result
	list := items
	if u.s.Passing == plan.ByReference {
		list, results = m*addressBytes, m*2*addressBytes
		c.S3Puts += m // chunks
		retries := max(c.LambdaRequests[plan.Worker]-m, 0)
		var stored float64
		for r := range plan.Runs(u.w, u.s) {
			k := float64(r.Items)
			stored += float64(r.Batches) * max(1, math.Ceil(u.batchSeconds(r.Items)/storeSeconds(u.s.Memory[plan.Worker])-1e-9), parts(k*result, partBytes))
		}
		c.S3Puts += m + retries + stored // the LIST of each attempt, and parts
		c.S3Gets += m + retries          // the chunk
		c.S3Gets += stored               // read by the summary
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
		c.S3Puts += 1 + 3 // LIST, and the files of the report
		c.S3Gets += 2 + files
		if u.w.Failed > 0 {
			c.S3Puts += 2
			c.S3Gets += parts(items, uploadPart)
		}
	}
}

// storeSeconds returns how often a worker by reference stores outcomes: as
// job/internal/chunk does.
func storeSeconds(memory int) float64 { return max(1, 75*1024/float64(max(memory, 1))) }

// records adds the requests of DynamoDB.
func (u using) records(path []plan.Step) {
	for _, step := range path {
		if step.Call != nil && step.Call.Service == "dynamodb" {
			u.c.WriteUnits++
		}
		for _, inner := range step.Inner {
			u.records([]plan.Step{inner})
		}
	}
	if u.s.Once && len(path) == len(u.shape.Parent) {
		u.c.WriteUnits += 2 * float64(u.w.Items)
	}
}

func (u using) logs() {
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
func (u using) traces(seconds float64) {
	if !u.s.Traced {
		return
	}
	n, m := float64(1+u.c.Children), float64(u.c.Children)
	rate, atOnce := quota(u.b, "states.starts.standard"), float64(max(u.s.MaxConcurrency, 1))
	if u.shape.Map.Express {
		rate = quota(u.b, "states.starts.express")
	}
	starting := math.Min(seconds, 1+math.Ceil(m/rate)+math.Ceil(m/atOnce))
	u.c.Traces = math.Min(n, math.Round(u.assumed("trace-sampling")*n+starting))
}
