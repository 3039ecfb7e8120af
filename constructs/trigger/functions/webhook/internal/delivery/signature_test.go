package delivery

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func ExampleSign() {
	// printf '1800000000.evt-1.{"a":1}' | openssl dgst -sha256 -hmac secret
	fmt.Println(Sign([]byte("secret"), "1800000000", "evt-1", []byte(`{"a":1}`)))
	// Output: sha256=ccb14e3c2e6318d7ac9bce5ac88142433e852496a4b2f971e3aa252b043097a5
}

// The signed bytes show where the ID ends and where the body begins: there is one way
// to split them into an optional ID and a body.
func TestSignatureIsValidForOneIDAndBody(t *testing.T) {
	mayBeBody := func(text string) bool {
		text = strings.TrimLeft(text, " \t\r\n")
		return text != "" && (text[0] == '{' || text[0] == '[')
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune(`..{{["a1 }`+"\n")), 1, 30, -1).Draw(t, "text")
		var ways []string
		if mayBeBody(text) {
			ways = append(ways, text)
		}
		for i := range text {
			if id, body := text[:i], text[i:]; headerID.MatchString(id) && body[0] == '.' && mayBeBody(body[1:]) {
				if got := string(signedText("0", id, []byte(body[1:]))); got != "0."+text {
					t.Fatalf("got %q for the id %q, expected %q", got, id, "0."+text)
				}
				ways = append(ways, id+" and "+body[1:])
			}
		}
		if len(ways) > 1 {
			t.Fatalf("got %d ways to read %q: %q", len(ways), text, ways)
		}
	})
}

func TestDeliveriesHaveDifferentNames(t *testing.T) {
	named := func(name string) *Handler {
		h, _ := webhook(t, func(s *Settings) { s.Name = name })
		return h
	}
	for _, id := range []string{"1", "A", "evt_1-2", strings.Repeat("x", 74)} {
		if name := named("Shop").nameOfID(id); name != "Shop--"+id {
			t.Errorf("%s: got %s, expected the webhook and the id itself", id, name)
		}
	}
	names := map[string]string{}
	for _, h := range []*Handler{named("a"), named("a-b"), named("a_b"), named("sha256")} {
		for _, id := range []string{"1", "b--1", "b-1", "-b-1", "a.b", "a/b", "a:b", "ä", strings.Repeat("x", 77), strings.Repeat("x", 78), h.nameOfID("a/b"), h.hashed("signed", "a/b"), "sha256-", "x\na"} {
			name := h.nameOfID(id)
			if other, taken := names[name]; taken {
				t.Errorf("got the name %s for %q of %s and for %q", name, id, h.settings.Name, other)
			}
			names[name] = id
			if !plainName.MatchString(name) {
				t.Errorf("%q: got the name %q, expected one that Step Functions and CloudWatch Logs take", id, name)
			}
		}
		if h.hashed("signed", "a/b") == h.nameOfID("a/b") {
			t.Error("got one name for a signed text and for an id")
		}
	}
	if _, err := New(Settings{Name: "a--b"}, Clients{}); err == nil || !strings.Contains(err.Error(), `Name: got "a--b"`) {
		t.Errorf("got %v, expected the name to be refused", err)
	}
}

func TestRotatedSecret(t *testing.T) {
	h, f := webhook(t, nil)
	later := func(d time.Duration) { now := now.Add(d); h.now = func() time.Time { return now } }
	deliver := func(key, id string) int { return handle(t, h, signed(key, h.now(), id, "{}")).status }

	if got := deliver(key, "1"); got != http.StatusAccepted {
		t.Fatalf("got %d, expected 202", got)
	}
	reads := f.reads
	if got := deliver(key, "2"); got != http.StatusAccepted || f.reads != reads {
		t.Errorf("got %d and %d more reads, expected the secret to be kept", got, f.reads-reads)
	}

	later(time.Minute)
	f.secrets = map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": key}
	if got := deliver("new", "3"); got != http.StatusAccepted {
		t.Errorf("got %d, expected the new secret to be found", got)
	}
	if got := deliver(key, "4"); got != http.StatusAccepted {
		t.Errorf("got %d, expected the old secret to be good still", got)
	}

	reads = f.reads
	for range 100 {
		if got := deliver("forged", "5"); got != http.StatusUnauthorized {
			t.Errorf("got %d, expected 401", got)
		}
	}
	if f.reads != reads {
		t.Errorf("got %d reads for forged signatures, expected none right after the last", f.reads-reads)
	}

	f.secrets = map[string]string{"AWSCURRENT": "newest", "AWSPREVIOUS": "new"}
	later(time.Minute + secretLife)
	if got := deliver(key, "6"); got != http.StatusUnauthorized {
		t.Errorf("got %d, expected the secret before the last to be refused", got)
	}
	if len(f.started) != 4 {
		t.Errorf("got %d executions, expected 4", len(f.started))
	}
}

func TestEmptySecretIsRefused(t *testing.T) {
	h, f := webhook(t, nil)
	f.secrets["AWSPREVIOUS"] = ""
	if a := handle(t, h, signed("", now, "a", "{}")); a.status == http.StatusAccepted || len(f.started) != 0 {
		t.Errorf("got %+v, expected nothing to be accepted", a)
	}
}

func TestSignatureNeedsNoPrefix(t *testing.T) {
	h, _ := webhook(t, nil)
	request := signed(key, now, "a", "{}")
	request.Headers["x-signature-256"] = strings.ToUpper(strings.TrimPrefix(request.Headers["x-signature-256"], signaturePrefix))
	if a := handle(t, h, request); a.status != http.StatusAccepted {
		t.Errorf("got %+v, expected 202", a)
	}
	if _, ok := parseSignature(signaturePrefix + hex.EncodeToString(make([]byte, 33))); ok {
		t.Error("got a signature of 33 bytes, expected it to be refused")
	}
}
