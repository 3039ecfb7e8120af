package sfnapi

import (
	"encoding/base64"
	"encoding/json"
)

// page is the part of a request that asks for a page.
type page struct {
	MaxResults int
	NextToken  string
}

// The largest page, and the one of a request without maxResults (API reference,
// "ListExecutions").
const (
	mostResults    = 1000
	defaultResults = 100
)

func (p *page) size() (int, *apiError) {
	switch {
	case p.MaxResults < 0:
		return 0, refusef("ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0", p.MaxResults)
	case p.MaxResults > mostResults:
		return 0, refusef("ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d", p.MaxResults, mostResults)
	case p.MaxResults == 0:
		return defaultResults, nil
	}
	return p.MaxResults, nil
}

// token is what a NextToken holds: for which request it is, and where that goes on.
type token[At any] struct {
	Operation, Subject string
	At                 At
}

func nextToken[At any](operation, subject string, at At) string {
	text, _ := json.Marshal(token[At]{operation, subject, at})
	return base64.RawURLEncoding.EncodeToString(text)
}

// at returns where a request goes on; start if it is the first one.
func at[At any](p *page, operation, subject string, start At) (At, *apiError) {
	if p.NextToken == "" {
		return start, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.NextToken)
	var t token[At]
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil || t.Operation != operation || t.Subject != subject {
		return start, refusef("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	return t.At, nil
}
