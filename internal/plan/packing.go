package plan

import "iter"

// Run is batches in a row that all have the same number of items.
type Run struct {
	First   int // index of the first item
	Items   int // of each batch
	Batches int
}

// Each yields the first item of each batch, and the number of its items.
func (r Run) Each(yield func(first, items int) bool) bool {
	for i := range r.Batches {
		if !yield(r.First+i*r.Items, r.Items) {
			return false
		}
	}
	return true
}

// Batches yields the first item of each batch, or chunk, and the number of its items.
func Batches(w Workload, s Setup) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for r := range Runs(w, s) {
			if !r.Each(yield) {
				return
			}
		}
	}
}

// ChunkBytes closes a chunk of the kit.
const ChunkBytes = 16 << 20

// Runs yields the batches of a job, as Step Functions fills them, or the kit its
// chunks. Items whose indexes have the same number of digits have the same size, so
// that there are two runs or three for each number of digits.
func Runs(w Workload, s Setup) iter.Seq[Run] {
	most := s.Batch
	switch {
	case s.Passing == Inline, most < 1 && s.BatchBytes < 1:
		most = 1
	case most < 1:
		most = w.Items
	}
	if s.Passing == ByReference {
		line := w.ItemBytes + 1
		most = min(most, (ChunkBytes+line-1)/line)
	}
	if s.Passing != ByValue || s.BatchBytes < 1 {
		return func(yield func(Run) bool) {
			if full := w.Items / most; full == 0 || yield(Run{0, most, full}) {
				if rest := w.Items % most; rest > 0 {
					yield(Run{w.Items - rest, rest, 1})
				}
			}
		}
	}
	return func(yield func(Run) bool) {
		p := valuePacking{w.Items, most, s.BatchBytes - s.Overhead + 1, len(`{"index":,"item":}`) + w.ItemBytes + 1}
		for first, digits, end := 0, 1, 10; first < w.Items; {
			for first >= end {
				digits, end = digits+1, end*10
			}
			// With batches in the range, the one over its end is Runs by itself.
			size := p.size + digits
			each := min(most, max(1, p.bytes/size))
			if full := (min(end, w.Items) - first) / each; full > 0 {
				if !yield(Run{first, each, full}) {
					return
				}
				first += full * each
				continue
			}
			r := Run{first, p.over(first), 1}
			if !yield(r) {
				return
			}
			first += r.Items
		}
	}
}

// valuePacking packs batches whose items are not all of the same size.
type valuePacking struct {
	items, most int
	bytes       int // of the items of a batch, with a comma after each
	size        int // of an item without the digits of its index, with the comma
}

// over returns the number of items of the batch that begins with an item.
func (p valuePacking) over(first int) int {
	bytes, digits, end := 0, 1, 10
	for i := first; i < p.items && i-first < p.most; i++ {
		for i >= end {
			digits, end = digits+1, end*10
		}
		if bytes += p.size + digits; i > first && bytes > p.bytes {
			return i - first
		}
	}
	return min(p.most, p.items-first)
}
