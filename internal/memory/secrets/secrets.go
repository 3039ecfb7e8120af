// Package secrets is AWS Secrets Manager in the memory of a test.
package secrets

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Store keeps secrets. It is safe for concurrent use.
type Store struct {
	mutex   sync.Mutex
	secrets []*secret
}

// secret is a secret with its current value and the one before.
type secret struct {
	name, arn string
	values    []version // at most two, the current one first
}

type version struct {
	number  int
	content content
	created time.Time
}

type content struct {
	SecretString *string `json:",omitempty"`
	SecretBinary []byte  `json:",omitempty"`
}

// New returns a store without secrets.
func New() *Store { return &Store{} }

// Add adds a secret. Value is nil if the template does not say which one CloudFormation
// makes: the test puts one.
func (s *Store) Add(name, arn string, value *string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	added := &secret{name: name, arn: arn}
	if value != nil {
		added.put(content{SecretString: value})
	}
	s.secrets = append(s.secrets, added)
}

func (x *secret) put(c content) {
	number := 1
	if len(x.values) > 0 {
		number = x.values[0].number + 1
	}
	x.values = append([]version{{number, c, time.Now()}}, x.values[:min(len(x.values), 1)]...)
}

// find returns a secret by its name, its ARN or its ARN without the last characters,
// which are random. Callers hold the lock.
func (s *Store) find(id string) *secret {
	at := slices.IndexFunc(s.secrets, func(x *secret) bool {
		return id == x.name || id == x.arn || strings.HasPrefix(id, "arn:") && strings.HasPrefix(x.arn, id+"-")
	})
	if at < 0 {
		return nil
	}
	return s.secrets[at]
}

// refusal is an error of Secrets Manager.
type refusal struct {
	Type    string `json:"__type"`
	Message string
}

func missing(format string, args ...any) *refusal {
	return &refusal{"ResourceNotFoundException", fmt.Sprintf(format, args...)}
}

type request struct {
	Name, VersionStage string
	SecretID           string `json:"SecretId"`
	VersionID          string `json:"VersionId"`
	content
}

type answer struct {
	ARN, Name     string
	VersionID     string `json:"VersionId"`
	VersionStages []string
	CreatedDate   float64 `json:",omitzero"`
	*content
}

// ServeHTTP answers GetSecretValue, and CreateSecret and PutSecretValue, with which a
// test says what a secret is.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in request
	var out any
	var refused *refusal
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refused = &refusal{"InvalidRequestException", err.Error()}
	} else {
		switch operation {
		case "GetSecretValue":
			out, refused = s.get(&in)
		case "PutSecretValue":
			out, refused = s.put(&in)
		case "CreateSecret":
			out, refused = s.create(&in)
		default:
			refused = &refusal{"UnknownOperationException", fmt.Sprintf("got %q, expected GetSecretValue, PutSecretValue or CreateSecret: a test has no other operation of Secrets Manager", operation)}
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if refused != nil {
		out = refused
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(out) // fails if the client has gone
}

func idOf(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }

func (x *secret) answer(at int) *answer {
	return &answer{ARN: x.arn, Name: x.name, VersionID: idOf(x.values[at].number), VersionStages: []string{[]string{"AWSCURRENT", "AWSPREVIOUS"}[at]}}
}

func (s *Store) get(in *request) (any, *refusal) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	x := s.find(in.SecretID)
	if x == nil {
		return nil, missing("Secrets Manager can't find the specified secret.")
	}
	if len(x.values) == 0 {
		return nil, missing("Secrets Manager can't find the specified secret value for staging label: AWSCURRENT. The template does not say what secret %s is: put a value with PutSecretValue", x.name)
	}
	at := 0
	if in.VersionStage == "AWSPREVIOUS" {
		at = 1
	}
	if in.VersionID != "" {
		at = slices.IndexFunc(x.values, func(v version) bool { return idOf(v.number) == in.VersionID })
	}
	if at < 0 || at >= len(x.values) || at == 0 && in.VersionStage != "" && in.VersionStage != "AWSCURRENT" {
		return nil, missing("Secrets Manager can't find the specified secret value for VersionId: %s, staging label: %s", in.VersionID, in.VersionStage)
	}
	found := x.answer(at)
	found.CreatedDate = float64(x.values[at].created.UnixMilli()) / 1000
	found.content = &x.values[at].content
	return found, nil
}

func (in *request) check() *refusal {
	if (in.SecretString == nil) == (in.SecretBinary == nil) {
		return &refusal{"InvalidParameterException", "You must provide either SecretString or SecretBinary, and not both."}
	}
	return nil
}

func (s *Store) put(in *request) (any, *refusal) {
	if refused := in.check(); refused != nil {
		return nil, refused
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	x := s.find(in.SecretID)
	if x == nil {
		return nil, missing("Secrets Manager can't find the specified secret.")
	}
	x.put(in.content)
	return x.answer(0), nil
}

func (s *Store) create(in *request) (any, *refusal) {
	if refused := in.check(); refused != nil {
		return nil, refused
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.find(in.Name) != nil {
		return nil, &refusal{"ResourceExistsException", "The operation failed because the secret " + in.Name + " already exists."}
	}
	x := &secret{name: in.Name, arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + in.Name + "-AbCdEf"}
	x.put(in.content)
	s.secrets = append(s.secrets, x)
	return x.answer(0), nil
}
