// Package pages goes through the pages in which AWS answers.
package pages

import (
	"context"
	"fmt"
	"iter"
)

// Paginator is a paginator of the AWS SDK.
type Paginator[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (Page, error)
}

// Of yields the pages of a paginator. Token returns the token of a page, which asks for
// the next one. An error is the last that Of yields: that of a request, or of an
// endpoint that repeats its tokens, whose pages would not end.
func Of[Page, Options any](ctx context.Context, p Paginator[Page, Options], token func(Page) *string) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		var cycle cycle
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err == nil {
				if next := token(page); next != nil {
					err = cycle.add(*next)
				}
			}
			if err != nil {
				var none Page
				yield(none, err)
				return
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// cycle finds tokens that repeat, in constant memory: it compares each with one that
// came earlier, and keeps a later one each time that their number doubles (R. P.
// Brent, "An improved Monte Carlo factorization algorithm", 1980).
type cycle struct {
	kept        string
	since, most int // tokens since the one that is kept
}

// add returns an error for a token that came before.
func (c *cycle) add(token string) error {
	if c.most > 0 && token == c.kept {
		return &RepeatedError{c.since + 1}
	}
	if c.since++; c.since >= c.most {
		c.kept, c.since, c.most = token, 0, max(1, 2*c.most)
	}
	return nil
}

// RepeatedError is returned if a token comes again.
type RepeatedError struct {
	After int // pages
}

func (e *RepeatedError) Error() string {
	n := "the token of the page before"
	if e.After > 1 {
		n = fmt.Sprintf("the token of %d pages before", e.After)
	}
	return "the next page: got " + n + ", expected another one or the last page: is AWS_ENDPOINT_URL, if it is set, that of AWS?"
}
