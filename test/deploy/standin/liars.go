package standin

import (
	"hash/crc32"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// About reports whether a call is of an action. Of APIs of REST, that is a part of method
// and path.
func (c *Call) About(action string) bool {
	return c.Action == action || strings.Contains(action, "/") && strings.Contains(c.Action, action) || strings.HasPrefix(action, "?") && strings.Contains(c.Action, action)
}

// Form returns a value of a request of CloudFormation or IAM.
func (c *Call) Form(name string) string {
	form, err := url.ParseQuery(string(c.Input))
	if err != nil {
		return ""
	}
	return form.Get(name)
}

// Answer replaces the answer, with its checksum.
func (c *Call) Answer(status int, output string) {
	c.Status, c.Output = status, []byte(output)
	c.Header = http.Header{"Content-Type": c.Header["Content-Type"], "X-Amz-Crc32": {strconv.FormatUint(uint64(crc32.ChecksumIEEE(c.Output)), 10)}}
}

// Replace returns a liar that replaces what a regular expression matches in the answers to
// an action.
func Replace(action, match, by string) Liar {
	expression := regexp.MustCompile(match)
	return func(c *Call, honest func()) {
		honest()
		if c.About(action) && expression.Match(c.Output) {
			c.Answer(c.Status, string(expression.ReplaceAll(c.Output, []byte(by))))
		}
	}
}

// Say returns a liar that answers an action without doing it.
func Say(action string, status int, output string) Liar {
	return func(c *Call, honest func()) {
		if c.About(action) {
			c.Answer(status, output)
			return
		}
		honest()
	}
}

// All returns a liar that tells several lies.
func All(liars ...Liar) Liar {
	return func(c *Call, honest func()) {
		do := honest
		for _, liar := range liars {
			inner := do
			do = func() { liar(c, inner) }
		}
		do()
	}
}
