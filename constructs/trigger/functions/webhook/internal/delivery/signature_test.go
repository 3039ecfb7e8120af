package delivery

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/mapjob/mapjob/internal/protocol"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"
)

func ExampleSign() {
	// printf 'mapjob-v1\nShop-3f2a9c1b7d04-51af3dc0\n1800000000\nevt-1\n{"a":1}' | openssl dgst -sha256 -hmac secret
	fmt.Println(Sign([]byte("secret"), "Shop-3f2a9c1b7d04-51af3dc0", "1800000000", "evt-1", []byte(`{"a":1}`)))
	// Output: v1=a09dccecab1db3fdd9d0d3cc348057ca1a5de99618626aed436476479a25b38c
}

// standardSecret is a secret of the Standard Webhooks specification.
const standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// standard returns a handler of deliveries that are signed by that specification.
func standard(t *testing.T) (*Handler, *fakeAWS) {
	t.Helper()
	h, f := webhook(t, func(s *Settings) { s.Authorization = protocol.AuthorizationStandardWebhooks })
	f.secrets["AWSCURRENT"] = standardSecret
	return h, f
}

// signedByLibrary returns a request that the library of the specification signs.
func signedByLibrary(t *testing.T, secret string, at time.Time, id, body string) events.LambdaFunctionURLRequest {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return post(body, map[string]string{"webhook-id": id, "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": signature})
}

func TestStandardWebhooks(t *testing.T) {
	const other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	good := func() events.LambdaFunctionURLRequest { return signedByLibrary(t, standardSecret, now, "msg_1", "{}") }
	with := func(header, format string) events.LambdaFunctionURLRequest {
		r := good()
		r.Headers[header] = strings.ReplaceAll(format, "$", r.Headers[header])
		return r
	}
	forged := signedByLibrary(t, other, now, "msg_1", "{}").Headers["webhook-signature"]
	for name, test := range map[string]struct {
		request events.LambdaFunctionURLRequest
		status  int
	}{
		"signed by the library":              {good(), 202},
		"at the end of the tolerance":        {signedByLibrary(t, standardSecret, now.Add(-Window), "msg_1", "{}"), 202},
		"at its beginning":                   {signedByLibrary(t, standardSecret, now.Add(Window), "msg_1", "{}"), 202},
		"several signatures, the last good":  {with("webhook-signature", forged+" v2,abc $"), 202},
		"several signatures, the first good": {with("webhook-signature", "$ "+forged), 202},
		"an ID with dots":                    {signedByLibrary(t, standardSecret, now, "msg.1.2", "{}"), 202},
		"too old":                            {signedByLibrary(t, standardSecret, now.Add(-Window-time.Second), "msg_1", "{}"), 401},
		"too far ahead":                      {signedByLibrary(t, standardSecret, now.Add(Window+time.Second), "msg_1", "{}"), 401},
		"another secret":                     {signedByLibrary(t, other, now, "msg_1", "{}"), 401},
		"another version":                    {with("webhook-signature", "v1a,$"), 401},
		"a version in capitals":              {with("webhook-signature", "V1,abc"), 401},
		"another ID":                         {with("webhook-id", "msg_2"), 401},
		"no ID":                              {with("webhook-id", ""), 401},
		"another time":                       {with("webhook-timestamp", "1800000001"), 401},
		"a time with a sign":                 {with("webhook-timestamp", "+$"), 401},
		"a time with a zero before it":       {with("webhook-timestamp", "0$"), 401},
		"no signature":                       {with("webhook-signature", ""), 401},
		"a signature of our own scheme":      {with("webhook-signature", Sign([]byte(standardSecret), "Shop", "1800000000", "msg_1", []byte("{}"))), 401},
		"an ID with a brace":                 {signedByLibrary(t, standardSecret, now, "msg{1", "{}"), 400},
	} {
		h, f := standard(t)
		if a := handle(t, h, test.request); a.status != test.status || (len(f.started) == 1) != (test.status == 202) {
			t.Errorf("%s: got %+v and %q, expected %d", name, a, f.started, test.status)
		}
	}
}

func TestSecretsOfStandardWebhooks(t *testing.T) {
	const bare = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	for secret, expected := range map[string]int{
		"whsec_" + bare: 202, bare: 202, "whsec_" + bare + "\n": 202,
		"":                          500,
		"whsec_":                    500,
		"whsec_c2hvcnQ=":            500,
		"whsec_" + bare[:31]:        500, // no padding
		"the key of the signatures": 500,
	} {
		h, f := standard(t)
		f.secrets["AWSCURRENT"] = secret
		request := signedByLibrary(t, bare, now, "msg_1", "{}")
		if expected == 500 { // signed with the empty key that a lax reader would take
			request = signedByLibrary(t, "whsec_", now, "msg_1", "{}")
		}
		if a := handle(t, h, request); a.status != expected || (len(f.started) == 1) != (expected == 202) {
			t.Errorf("%q: got %+v, expected %d", secret, a, expected)
		}
	}
}

// The signed bytes can be read in one way: no other request has the same ones.
func TestSignedBytesAreOfOneRequest(t *testing.T) {
	// alike reports whether the webhook would take the parts.
	taken := func(id, body string) bool {
		return (id == "" || headerID.MatchString(id)) && checkJSON([]byte(body)) == nil
	}
	part := rapid.StringOfN(rapid.RuneFrom([]rune("..1{}[]\" \nva")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		texts := map[string][3]string{}
		whole := part.Draw(t, "whole") + part.Draw(t, "rest") + rapid.SampledFrom([]string{"{}", "[1.1]", ` {"a":"1.1"}`}).Draw(t, "body")
		for i := range whole {
			for _, timestamp := range []string{"1", "11"} {
				id, body := whole[:i], whole[i:]
				if !taken(id, body) {
					continue
				}
				for _, text := range []string{
					string(ownScheme{"Shop"}.text(&signedRequest{timestamp: timestamp, id: id, body: []byte(body)})),
					id + "." + timestamp + "." + body, // by the specification
				} {
					parts := [3]string{timestamp, id, body}
					if other, ok := texts[text]; ok && other != parts {
						t.Fatalf("got one text %q of %q and of %q, expected different ones", text, parts, other)
					}
					texts[text] = parts
				}
			}
		}
	})
}

func TestOwnSignatures(t *testing.T) {
	good := signed(key, now, "a", "{}").Headers["x-signature-256"]
	digits := strings.TrimPrefix(good, "v1=")
	for signature, expected := range map[string]int{
		good:                            202,
		"v1=" + strings.ToUpper(digits): 202,
		"v2=abc, " + good:               202,
		good + ",v2=abc":                202,
		"v1=" + strings.Repeat("0", 64) + "," + good: 202,
		digits:             401,
		"sha256=" + digits: 401, // of earlier releases
		"v2=" + digits:     401,
		good + "00":        401,
		good[:40]:          401,
		"v1=":              401,
		good + " " + good:  401,
		"v1=v1=" + digits:  401,
		"v1=" + hex.EncodeToString(make([]byte, 33)): 401,
	} {
		h, _ := webhook(t, nil)
		request := signed(key, now, "a", "{}")
		request.Headers["x-signature-256"] = signature
		if a := handle(t, h, request); a.status != expected {
			t.Errorf("%s: got %+v, expected %d", signature, a, expected)
		}
	}
}

func TestDeliveriesHaveDifferentNames(t *testing.T) {
	webhooks := []string{"a", "a-b", "a_b", "sha256", "a-number", strings.Repeat("w", protocol.MaxWebhookName)}
	for _, id := range []string{"1", "A", "evt_1-2", "-1", "--", "0b1c6f4e-6d0f-4f0e-9a52-6f3b1f1f7f10"} {
		for _, webhook := range webhooks {
			if name := executionName(webhook, identity{stringID, id}); name != webhook+"--"+id {
				t.Errorf("%s: got %s, expected the webhook and the ID itself", id, name)
			}
		}
	}
	names := map[string]string{}
	long := strings.Repeat("x", 100)
	texts := []string{"1", "7", "-7", "b--1", "b-1", "-b-1", "a.b", "a/b", "a:b", "ä", "a\u0308", long, long + "x", strings.Repeat("x", 240_000), "a", "A",
		"number-7", "request-7", "sha256-7", "sha256-", "signed-7", "x\na", "7\n"}
	for _, webhook := range webhooks {
		for _, kind := range []kind{stringID, numberID, requestID, signedBytes} {
			for _, text := range texts {
				name := executionName(webhook, identity{kind, text})
				if other, taken := names[name]; taken {
					t.Errorf("got the name %s for the %s %.50q of %s and for %s", name, kind, text, webhook, other)
				}
				names[name] = fmt.Sprintf("the %s %.50q of %s", kind, text, webhook)
				if len(name) > 80 || !plainID.MatchString(name) || !strings.HasPrefix(name, webhook+"--") {
					t.Errorf("%.50q: got the name %q, expected one of the webhook that Step Functions and CloudWatch Logs take", text, name)
				}
			}
		}
	}
	for _, name := range []string{"", "a--b", "-a", "a-", "a b", "é", strings.Repeat("w", protocol.MaxWebhookName+1)} {
		if _, err := New(Settings{Name: name}, Clients{}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("Name: got %q", name)) {
			t.Errorf("got %v, expected the name %q to be refused", err, name)
		}
	}
}

func TestRotatedSecret(t *testing.T) {
	h, f := webhook(t, nil)
	later := func(d time.Duration) { now := h.now().Add(d); h.now = func() time.Time { return now } }
	h.now = func() time.Time { return now }
	deliver := func(key, id string) int { return handle(t, h, signed(key, h.now(), id, "{}")).status }

	if got := deliver(key, "1"); got != http.StatusAccepted {
		t.Fatalf("got %d, expected 202", got)
	}
	reads := f.reads
	if got := deliver(key, "2"); got != http.StatusAccepted || f.reads != reads {
		t.Errorf("got %d and %d more reads, expected the secret to be kept", got, f.reads-reads)
	}

	later(time.Second)
	f.secrets = map[string]string{"AWSCURRENT": "new", "AWSPREVIOUS": key}
	if got := deliver("new", "3"); got != http.StatusAccepted {
		t.Errorf("got %d, expected the new secret to be found at once", got)
	}
	if got := deliver(key, "4"); got != http.StatusAccepted {
		t.Errorf("got %d, expected the old secret to be good still", got)
	}

	f.secrets = map[string]string{"AWSCURRENT": "newest", "AWSPREVIOUS": "new"}
	later(secretLife)
	if got := deliver(key, "5"); got != http.StatusUnauthorized {
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
	if a := handle(t, h, signed(key, now, "a", "{}")); a.status != http.StatusAccepted {
		t.Errorf("got %+v, expected the current value to be used", a)
	}
}
