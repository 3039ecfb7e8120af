package console

import (
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// codePath is where the page exchanges a code for the token. It is the only part of the API that
// needs no token.
const codePath = "/api/code"

// codeTime is how long a code can be exchanged: a browser that has to start takes a while.
const codeTime = time.Minute

// codes are exchanged for tokens, each once. The command that opens the browser has one in the
// address that it is given, where other users of this machine can see it in the list of
// processes until the page has exchanged it. If one of them is faster, the page finds the
// code used: a code that comes again takes back the token that it was exchanged for, and
// the page says so.
type codes struct {
	now   func() time.Time
	mutex sync.Mutex
	codes map[string]*code
}

// code is what became of a code.
type code struct {
	until   time.Time
	token   string // that it was exchanged for; "" if it was not, or the token was taken back
	used    bool
	revoked chan struct{} // closed when the token is taken back
}

// make returns a new code.
func (c *codes) make() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.codes == nil {
		c.codes = map[string]*code{}
	}
	text := newSecret()
	c.codes[text] = &code{until: c.now().Add(codeTime)}
	return text
}

// exchange returns a token for a code.
func (c *codes) exchange(text string) (string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var found *code
	for known, one := range c.codes {
		if subtle.ConstantTimeCompare([]byte(known), []byte(text)) == 1 {
			found = one
		}
	}
	switch {
	case found == nil:
		return "", refusef(http.StatusUnauthorized, "the code of this address is not one of this console: open the address that the console has printed")
	case found.used:
		if found.token != "" {
			found.token = ""
			close(found.revoked)
		}
		return "", refusef(http.StatusUnauthorized, "this address was opened before, and works once: if it was not you, another user of this machine has read it, and has no access any more; open the address that the console has printed")
	case !c.now().Before(found.until):
		return "", refusef(http.StatusUnauthorized, "this address was given to the browser more than a minute ago: open the one that the console has printed")
	}
	found.used, found.token, found.revoked = true, newSecret(), make(chan struct{})
	return found.token, nil
}

// of returns what is closed when a token is taken back that a code was exchanged for; false if
// it is no such token.
func (c *codes) of(token string) (revoked <-chan struct{}, known bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, one := range c.codes {
		if one.token != "" && subtle.ConstantTimeCompare([]byte(one.token), []byte(token)) == 1 {
			revoked, known = one.revoked, true
		}
	}
	return revoked, known
}

// exchange answers with a token for the code of a request.
func (s *Server) exchange(r *http.Request) (any, error) {
	var body struct {
		Code string `json:"code"`
	}
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	token, err := s.codes.exchange(body.Code)
	return map[string]string{"token": token}, err
}
