package commands

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Ask sends a request to the console that has opened its address in the browser of the
// script, which has written it to the file opened: ask METHOD PATH [BODY].
func Ask(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: ask METHOD PATH [BODY]")
	}
	var text []byte
	for until := time.Now().Add(30 * time.Second); !strings.HasSuffix(string(text), "\n"); time.Sleep(20 * time.Millisecond) {
		var err error
		if text, err = os.ReadFile(ts.MkAbs("opened")); err != nil && time.Now().After(until) {
			ts.Fatalf("the console has not opened its address: %v", err)
		}
	}
	address, token, exchanged := strings.Cut(strings.TrimSpace(string(text)), "/#token=")
	if !exchanged {
		address, token = exchange(ts, strings.TrimSpace(string(text)))
		ts.Check(os.WriteFile(ts.MkAbs("opened"), []byte(address+"/#token="+token+"\n"), 0o600))
	}
	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	request, err := http.NewRequest(args[0], address+args[1], strings.NewReader(body))
	ts.Check(err)
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if neg == (answer.StatusCode == http.StatusOK) {
		ts.Fatalf("%s %s: got status %d and %s", args[0], args[1], answer.StatusCode, said)
	}
	fmt.Fprintln(ts.Stdout(), string(said))
}

// exchange returns the address of a console, and a token for the code in the address that its
// browser was given.
func exchange(ts *testscript.TestScript, opened string) (address, token string) {
	address, code, _ := strings.Cut(opened, "/#code=")
	answer, err := http.Post(address+"/api/code", "application/json", strings.NewReader(`{"code": "`+code+`"}`))
	ts.Check(err)
	defer answer.Body.Close()
	var body struct{ Token string }
	ts.Check(json.NewDecoder(answer.Body).Decode(&body))
	return address, body.Token
}
