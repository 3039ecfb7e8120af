package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/protocol"
)

// memory answers as Step Functions and Secrets Manager, without a server.
type memory struct {
	secret string
	inputs map[string]string // by the names of executions
}

func (m *memory) StartExecution(_ context.Context, r *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	m.inputs[*r.Name] = *r.Input
	return &sfn.StartExecutionOutput{ExecutionArn: r.Name}, nil
}

func (*memory) DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error) {
	panic("not called: no execution exists")
}

func (m *memory) GetSecretValue(_ context.Context, r *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if *r.VersionStage != "AWSCURRENT" {
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: &m.secret}, nil
}

// signs reports whether signatures has one of the request, by code of its own.
func signs(standard bool, id, timestamp, body, signatures string) bool {
	key, text, separator, prefix, encode := []byte(standardSecret), "mapjob-v1\nShop\n"+timestamp+"\n"+id+"\n"+body, ",", "v1=", hex.EncodeToString
	if standard {
		key, _ = base64.StdEncoding.DecodeString(standardSecret[len("whsec_"):])
		text, separator, prefix, encode = id+"."+timestamp+"."+body, " ", "v1,", base64.StdEncoding.EncodeToString
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	expected := prefix + encode(mac.Sum(nil))
	for one := range strings.SplitSeq(signatures, separator) {
		if !standard {
			one = strings.TrimSpace(one)
			if len(one) > len(prefix) {
				one = one[:len(prefix)] + strings.ToLower(one[len(prefix):])
			}
		}
		if one == expected || standard && strings.HasPrefix(one, expected+",") { // the library ignores what follows
			return true
		}
	}
	return false
}

// A request starts an execution if and only if it is signed as it is, at this time,
// and has a body and an ID that a webhook takes.
func FuzzSignature(f *testing.F) {
	for _, standard := range []bool{false, true} {
		for _, body := range []string{"{}", `[1.1]`, ` {"id":"a.1"}`, `{"mapjobRerun":1}`, "{", "", "\xff"} {
			f.Add(standard, true, "evt-1", "1800000000", "", body)
			f.Add(standard, true, "", "1800000300", "v1=00,", body)
			f.Add(standard, false, "a.1.{", "0", "v1,AAAA v1,", body)
			f.Add(standard, true, "a b", "+1800000000", "v2=ff ", body)
		}
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	f.Fuzz(func(t *testing.T, standard, sign bool, id, timestamp, signatures, body string) {
		m := &memory{standardSecret, map[string]string{}}
		settings := Settings{Name: "Shop", StateMachineARN: machineARN, Authorization: protocol.AuthorizationHMAC, SecretARN: secretARN, MaxBodyBytes: maxInputBytes,
			SignatureHeader: "X-Signature-256", TimestampHeader: "X-Timestamp", DeliveryIDHeader: "X-Delivery-Id"}
		if standard {
			settings.Authorization = protocol.AuthorizationStandardWebhooks
		}
		h, err := New(settings, Clients{
			StepFunctions:  func() (StepFunctions, error) { return m, nil },
			SecretsManager: func() (SecretsManager, error) { return m, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		h.now = func() time.Time { return now }
		if sign && standard {
			key, _ := standardScheme{}.key([]byte(standardSecret))
			signatures += " v1," + base64.StdEncoding.EncodeToString(mac(key, []byte(id+"."+timestamp+"."+body)))
		} else if sign {
			signatures += "," + Sign([]byte(standardSecret), "Shop", timestamp, id, []byte(body))
		}
		response, err := h.Handle(context.Background(), post(body, map[string]string{
			h.settings.SignatureHeader: signatures, h.settings.TimestampHeader: timestamp, h.settings.DeliveryIDHeader: id}))
		if err != nil {
			t.Fatal(err)
		}
		at, err := strconv.ParseInt(timestamp, 10, 64)
		inTime := err == nil && strconv.FormatInt(at, 10) == timestamp && max(at-now.Unix(), now.Unix()-at) <= 300
		visible := id == "" && !standard || id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r < '!' || r > '~' || r == '{' || r == '[' })
		trimmed := strings.TrimLeft(body, " \t\r\n")
		object := json.Valid([]byte(body)) && utf8.ValidString(body) && (trimmed[0] == '{' || trimmed[0] == '[')
		expected := inTime && visible && object && protocol.ControlMember([]byte(body)) == "" && signs(standard, id, timestamp, body, signatures)
		if got := response.StatusCode == http.StatusAccepted; got != expected || got != (len(m.inputs) == 1) {
			t.Fatalf("got %d %s and %q, expected an execution: %t", response.StatusCode, response.Body, m.inputs, expected)
		}
		for name, input := range m.inputs {
			if input != body || len(name) > maxName || !plainID.MatchString(name) || !strings.HasPrefix(name, "Shop--") {
				t.Fatalf("got the execution %q with %q, expected one of the webhook with the body", name, input)
			}
		}
	})
}

// Two bodies name one delivery if and only if their IDs are the same string, or the
// same number.
func FuzzIDs(f *testing.F) {
	for _, pair := range [][2]string{{`7`, `"7"`}, {`"a"`, `"\u0061"`}, {`"\ud83d\ude00"`, `"😀"`}, {`"\\ud800"`, `"\ud800"`}, {`"a","id":"b"`, `"a"`},
		{`"number-7"`, `7`}, {`"\u2028"`, `"\u2029"`}, {`-0`, `0`}, {`1e3`, `1000`}, {`"` + strings.Repeat("x", 80) + `"`, `"x"`}, {`"A"`, `"a"`}, {"\"\xff\"", `"\ufffd"`}} {
		f.Add(pair[0], pair[1])
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	f.Fuzz(func(t *testing.T, one, other string) {
		var names, texts [2]string
		for i, value := range []string{one, other} {
			m := &memory{standardSecret, map[string]string{}}
			h, err := New(Settings{Name: "Shop", StateMachineARN: machineARN, Authorization: protocol.AuthorizationHMAC, SecretARN: secretARN, MaxBodyBytes: maxInputBytes,
				SignatureHeader: "X-Signature-256", TimestampHeader: "X-Timestamp", DeliveryIDMember: "id"}, Clients{
				StepFunctions:  func() (StepFunctions, error) { return m, nil },
				SecretsManager: func() (SecretsManager, error) { return m, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			h.now = func() time.Time { return now }
			body := `{"id":` + value + `}`
			response, err := h.Handle(context.Background(), signed(standardSecret, now, "", body))
			if err != nil || response.StatusCode != http.StatusAccepted && response.StatusCode != http.StatusBadRequest {
				t.Fatalf("%s: got %d, error %v", body, response.StatusCode, err)
			}
			if response.StatusCode != http.StatusAccepted {
				return
			}
			for name := range m.inputs {
				names[i] = name
			}
			decoder := json.NewDecoder(strings.NewReader(body))
			decoder.UseNumber()
			var decoded map[string]any
			if err := decoder.Decode(&decoded); err != nil {
				t.Fatal(err)
			}
			switch id := decoded["id"].(type) {
			case json.Number:
				texts[i] = "number " + string(id)
			case string:
				texts[i] = "string " + id
			default:
				t.Fatalf("%s: got it accepted, expected a string or a number as the ID", body)
			}
		}
		if (names[0] == names[1]) != (texts[0] == texts[1]) {
			t.Fatalf("got the names %q of %q and %q of %q", names[0], texts[0], names[1], texts[1])
		}
	})
}
