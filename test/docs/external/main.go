// Command external asks the servers of the pages' external links whether they still
// have what the links lead to:
//
//	go run ./test/docs/external
//
// A page that its server does not have is a fault. What can't be reached, or is refused
// to a program, is said and no fault, except on GitHub if nothing can be reached at all.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/test/docs/page"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	all, err := page.Tree(".")
	if err == nil {
		c := checker{client: &http.Client{Timeout: 20 * time.Second}, pause: 2 * time.Second, strict: os.Getenv("GITHUB_ACTIONS") != ""}
		err = c.check(ctx, os.Stdout, external(all))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		os.Exit(1)
	}
}

// external returns the addresses of external links, without their fragments, each with
// the place of one that leads to it.
func external(all map[string]*page.Page) map[string]string {
	found := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, link := range all[name].Links {
			address, _, _ := strings.Cut(link.To, "#")
			if strings.HasPrefix(address, "https://") && found[address] == "" {
				found[address] = all[name].At(link.Line)
			}
		}
	}
	return found
}

// own are the beginnings of addresses that exist when the project is published.
var own = []string{"https://github.com/mapjob/mapjob", "https://pkg.go.dev/github.com/mapjob/mapjob"}

// tries is how often a server is asked that does not answer.
const tries = 3

type checker struct {
	client *http.Client
	pause  time.Duration // before a server is asked again
	strict bool          // it is an error if no server can be reached
}

// answer is what became of an address: one of the three is set.
type answer struct {
	found   bool
	missing string // what the server said
	unknown error  // why it is not known
}

// check asks for each address and writes what is wrong.
func (c checker) check(ctx context.Context, out io.Writer, from map[string]string) error {
	if len(from) == 0 {
		return errors.New("got no external link, expected those of all pages")
	}
	answers := c.askAll(ctx, from)
	if err := ctx.Err(); err != nil {
		return err
	}
	unpublished(answers)
	found, missing := 0, 0
	var unknown []string
	for _, address := range slices.Sorted(maps.Keys(answers)) {
		switch a := answers[address]; {
		case a.found:
			found++
		case a.missing != "":
			missing++
			fmt.Fprintf(out, "%s: %s: got %s, expected a page\n", from[address], address, a.missing)
		default:
			unknown = append(unknown, fmt.Sprintf("%s: %v", address, a.unknown))
		}
	}
	if len(unknown) > 0 {
		fmt.Fprintf(out, "NOT TESTED: %d of %d external links: %s\n", len(unknown), len(from), unknown[0])
	}
	switch {
	case missing > 0:
		return fmt.Errorf("got %d of %d external links that lead nowhere, expected none", missing, len(from))
	case found == 0 && c.strict:
		return errors.New("no server of an external link could be reached")
	}
	fmt.Fprintf(out, "links: %d of %d external links lead to a page\n", found, len(from))
	return nil
}

// unpublished takes back that pages of the project are missing if none of them is there.
func unpublished(answers map[string]answer) {
	for _, begin := range own {
		var addresses []string
		there := false
		for address, a := range answers {
			if address == begin || strings.HasPrefix(address, begin+"/") {
				addresses = append(addresses, address)
				there = there || a.missing == ""
			}
		}
		for _, address := range addresses {
			if !there {
				answers[address] = answer{unknown: errors.New("the project is not published")}
			}
		}
	}
}

// askAll asks for all addresses, ten at a time.
func (c checker) askAll(ctx context.Context, from map[string]string) map[string]answer {
	var lock sync.Mutex
	var wait sync.WaitGroup
	answers := map[string]answer{}
	places := make(chan bool, 10)
	for address := range from {
		wait.Go(func() {
			places <- true
			defer func() { <-places }()
			a := c.ask(ctx, address)
			lock.Lock()
			defer lock.Unlock()
			answers[address] = a
		})
	}
	wait.Wait()
	return answers
}

// ask asks for an address, again if the server does not answer or has a fault.
func (c checker) ask(ctx context.Context, address string) (a answer) {
	for try := range tries {
		if try > 0 {
			select {
			case <-ctx.Done():
				return a
			case <-time.After(c.pause):
			}
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return answer{missing: err.Error()}
		}
		response, err := c.client.Do(request)
		if err != nil {
			a = answer{unknown: errors.Unwrap(err)} // without the address
			continue
		}
		_ = response.Body.Close()
		switch status := response.StatusCode; {
		case status < 300:
			return answer{found: true}
		case status == http.StatusNotFound || status == http.StatusGone:
			return answer{missing: response.Status}
		case status < 500 && status != http.StatusTooManyRequests:
			return answer{unknown: fmt.Errorf("got %s", response.Status)} // refused to a program
		default:
			a = answer{unknown: fmt.Errorf("got %s", response.Status)}
		}
	}
	return a
}
