package job

import (
	"bytes"
	"encoding/json"
	"strings"
)

// isWrapped reports whether each element of Items has an index and an item. It
// looks at every batch, for what decoding leaves empty looks like item 0, and
// so it only looks for the members' names and for null. The payload is JSON. A false report
// may be mistaken: names can be written in other ways.
func isWrapped(payload []byte) bool {
	const inMessage, inList, inElement = 1, 2, 3 // depths
	depth, isList := 0, false
	var index, item bool // seen in the element
	for at := 0; at < len(payload); at++ {
		switch payload[at] {
		case '"':
			length := stringLength(payload[at+1:])
			name := payload[at+1 : at+1+length]
			at += length + 1
			if depth == inList && isList {
				return false
			}
			if depth != inMessage && depth != inElement || depth == inElement && !isList {
				continue
			}
			value := valueAfter(payload[at+1:])
			if value == 0 {
				continue
			}
			switch {
			case depth == inMessage:
				isList = strings.EqualFold(string(name), "Items")
			case strings.EqualFold(string(name), "index"):
				index = value != 'n' // null is decoded as nothing
			case strings.EqualFold(string(name), "item"):
				item = true
			}
		case '{', '[':
			if depth++; depth == inElement && isList {
				index, item = false, false
			}
		case '}', ']':
			if depth == inElement && isList && !(index && item) {
				return false
			}
			depth--
		case ' ', '\t', '\r', '\n', ',':
		default:
			if depth == inList && isList { // an element that is no object
				return false
			}
		}
	}
	return true
}

// stringLength is how long a JSON string is whose quote was just read.
func stringLength(text []byte) int {
	for from := 0; ; {
		end := bytes.IndexByte(text[from:], '"')
		if end < 0 {
			return len(text)
		}
		end += from
		backslashes := 0
		for backslashes < end && text[end-1-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return end
		}
		from = end + 1
	}
}

// valueAfter is the first character of the value of the member whose name was
// just read; 0: it was no name.
func valueAfter(text []byte) byte {
	isName := false
	for _, c := range text {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case ':':
			if !isName {
				isName = true
				continue
			}
		}
		if isName {
			return c
		}
		break
	}
	return 0
}

// firstUnwrapped is the place of the first element without an index or an item
// and its text; -1 where there is none.
func firstUnwrapped(payload []byte) (at int, element json.RawMessage) {
	var b struct{ Items []json.RawMessage }
	_ = json.Unmarshal(payload, &b) // was decoded before
	for at, element = range b.Items {
		var e struct {
			Index *int            `json:"index"`
			Item  json.RawMessage `json:"item"`
		}
		if json.Unmarshal(element, &e) != nil || e.Index == nil || e.Item == nil {
			return at, element
		}
	}
	return -1, nil
}
