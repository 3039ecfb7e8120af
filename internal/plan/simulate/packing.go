package simulate

import "github.com/mapjob/mapjob/internal/plan"

// packing divides items into the batches of children, one by one, as Step Functions
// does: it keeps no list of them.
type packing struct {
	items    int // in all
	next     int // the first item that is in no batch yet
	most     int // items of a batch
	maxBytes int // of a batch; 0: no limit
	overhead int // bytes of a batch without items
	size     int // bytes of an item without the digits of its index
}

// take returns the next batch: its first item and their number, 0 at the end.
func (p *packing) take() (first, count int) {
	first = p.next
	bytes, digits, ten := p.overhead, 1, 10
	for ; p.next < p.items && count < p.most; p.next++ {
		for p.next >= ten {
			digits, ten = digits+1, ten*10
		}
		size := p.size + digits
		if count > 0 && p.maxBytes > 0 && bytes+size > p.maxBytes {
			break
		}
		bytes += size + 1 // a comma
		count++
	}
	return first, count
}

// newPacking returns the packing of a workload.
func newPacking(o *Options) packing {
	w, s := &o.Workload, &o.Setup
	p := packing{items: w.Items, most: s.Batch}
	if p.most < 1 {
		p.most = 1
		if s.BatchBytes > 0 {
			p.most = w.Items
		}
	}
	switch s.Passing {
	case plan.ByValue:
		p.maxBytes, p.overhead, p.size = s.BatchBytes, s.Overhead, len(`{"index":,"item":}`)+w.ItemBytes
	case plan.ByReference:
		const chunkBytes = 16 << 20 // as the kit closes a chunk
		line := w.ItemBytes + 1
		p.most = min(p.most, (chunkBytes+line-1)/line)
	case plan.Inline:
		p.most = 1
	}
	return p
}
