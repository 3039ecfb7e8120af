// Package pages reads the answers of AWS page by page.
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

// Of yields the pages of a paginator. The function token returns a page's token for the
// next page. Of ends after the first error, which is that of a request, or a
// [RepeatedError] if the endpoint repeats its tokens, so that its pages would never end.
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

// cycle finds repeated tokens in constant memory. It compares each token with one that
// it keeps, and replaces that one each time the number of tokens has doubled (R. P.
// Brent, "An improved Monte Carlo factorization algorithm", 1980).
type cycle struct {
	kept        string
	since, most int // tokens since the kept one: how many, and how many until it is replaced
}

// add returns an error if the token is the kept one.
func (c *cycle) add(token string) error {
	if c.most > 0 && token == c.kept {
		return &RepeatedError{c.since + 1}
	}
	if c.since++; c.since >= c.most {
		c.kept, c.since, c.most = token, 0, max(1, 2*c.most)
	}
	return nil
}

// RepeatedError is returned if an endpoint repeats a token.
type RepeatedError struct {
	After int // pages since the token came before
}

func (e *RepeatedError) Error() string {
	n := "the token of the page before"
	if e.After > 1 {
		n = fmt.Sprintf("the token of %d pages before", e.After)
	}
	return "the next page: got " + n + ", expected a new one or the last page: if AWS_ENDPOINT_URL is set, check it"
}
