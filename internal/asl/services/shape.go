package services

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
)

// Kind is what JSON a parameter takes.
type Kind byte

// The kinds.
const (
	Any Kind = iota // a blob, a document, or text that may be JSON
	Text
	Number
	Boolean
	List
	Map
	Structure
)

// Shape describes a parameter, or all parameters of an action.
type Shape struct {
	Kind Kind
	// Of is the shape of the elements of a List or the values of a Map.
	Of *Shape
	// Name and Members are those of a Structure. Name is that of the API, such as
	// PutItemInput.
	Name    string
	Members []Member
	// Open is true if a Structure may have members that are not known here.
	Open bool
}

// Member is a member of a structure.
type Member struct {
	// Name is the name in the API reference, with an upper-case first letter.
	Name     string
	Required bool
	Shape    *Shape
}

// Member returns the member that a name in a definition stands for.
//
// Step Functions spells names as the AWS SDK for Java 2 does, in Pascal case
// (developer guide, "AWS SDK integrations"): ACL is Acl, and NULL of a DynamoDB
// attribute is Nul. How that SDK spells words of several upper-case letters is not
// verified, so their case does not matter. Other names have to be the same.
func (s *Shape) Member(name string) (Member, bool) {
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return Member{}, false
	}
	for _, m := range s.Members {
		if m.Name == name || m.Name == "NULL" && name == "Nul" || hasAcronym(m.Name) && strings.EqualFold(m.Name, name) {
			return m, true
		}
	}
	return Member{}, false
}

// Names returns the names of the members.
func (s *Shape) Names() []string {
	names := make([]string, len(s.Members))
	for i, m := range s.Members {
		names[i] = m.Name
	}
	return names
}

// hasAcronym reports whether a name has two upper-case letters in a row.
func hasAcronym(name string) bool {
	for i := 1; i < len(name); i++ {
		if isUpper(name[i-1]) && isUpper(name[i]) {
			return true
		}
	}
	return false
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// Parameters returns the shape of the action's parameters; nil if it is not known.
func (r Resource) Parameters() *Shape {
	service, action := r.Service, r.Action
	switch {
	case !Exists(service, action):
		return nil
	case service == "dynamodb", service == "lambda", service == "sqs":
		service = sdkPrefix + service
	case service == "states":
		service = sdkPrefix + "sfn"
	case !sdk(service):
		service, action = "", service+":"+action
	}
	t, ok := tables()[service]
	if !ok {
		return nil
	}
	return t()[action]
}

//go:generate go run ./generate

var (
	//go:embed shapes.gz
	archive []byte
	// optimizedShapes are the parameters of optimized integrations whose SDK is not
	// a dependency of this module (developer guide, "Integrating optimized
	// services"), in the form of the archive.
	//go:embed optimized.txt
	optimizedShapes string
)

// table holds the parameters of the actions of a service.
type table map[string]*Shape

// tables returns the tables by service; "" has the optimized integrations of
// optimized.txt. Package generate describes the lines of the archive.
var tables = sync.OnceValue(func() map[string]func() table {
	read := func(lines string) func() table { return sync.OnceValue(func() table { return readTable(lines) }) }
	all := map[string]func() table{"": read(optimizedShapes)}
	for part := range strings.SplitSeq(unpack(archive), "service ") {
		if name, lines, ok := strings.Cut(part, "\n"); ok {
			all[sdkPrefix+name] = read(lines)
		}
	}
	return all
})

// unpack panics if the archive is broken, which a test excludes.
func unpack(archive []byte) string {
	r, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func readTable(lines string) table {
	actions, structures := map[string]string{}, structures{lines: map[string]string{}, shapes: map[string]*Shape{}}
	for line := range strings.SplitSeq(lines, "\n") {
		name, rest, _ := strings.Cut(line, " ")
		if name == "op" {
			action, input, _ := strings.Cut(rest, " ")
			actions[action] = input
			continue
		}
		structures.lines[name] = rest
	}
	t := make(table, len(actions))
	for action, input := range actions {
		t[action] = structures.read(input)
	}
	return t
}

// structures are those of a service while its table is read.
type structures struct {
	lines  map[string]string // the members by name
	shapes map[string]*Shape // those that were read
}

// read reads a structure. It is in shapes before its members are read, because it
// may contain itself.
func (t structures) read(name string) *Shape {
	if s, ok := t.shapes[name]; ok {
		return s
	}
	s := &Shape{Kind: Structure, Name: name}
	t.shapes[name] = s
	for member := range strings.FieldsSeq(t.lines[name]) {
		if member == "..." {
			s.Open = true
			continue
		}
		name, code, _ := strings.Cut(member, ":")
		name, required := strings.CutSuffix(name, "!")
		m := Member{Name: name, Required: required, Shape: t.decode(code)}
		if m.Shape.Kind == Text && mayBeJSON(name) {
			m.Shape = &Shape{Kind: Any}
		}
		s.Members = append(s.Members, m)
	}
	return s
}

func (t structures) decode(code string) *Shape {
	switch code[0] {
	case '[':
		return &Shape{Kind: List, Of: t.decode(code[1:])}
	case '{':
		of := t.decode(code[1:])
		if of.Kind == Text { // such as Policy in the Attributes of sqs:createQueue
			of = &Shape{Kind: Any}
		}
		return &Shape{Kind: Map, Of: of}
	}
	switch code {
	case "a":
		return &Shape{Kind: Any}
	case "s":
		return &Shape{Kind: Text}
	case "n":
		return &Shape{Kind: Number}
	case "b":
		return &Shape{Kind: Boolean}
	}
	return t.read(code)
}

// mayBeJSON reports whether a text may be given as JSON, which Step Functions turns
// into text: MessageBody of sqs:sendMessage (recorded), and Input of
// aws-sdk:sfn:startExecution (in public definitions). Of others, and of values of maps,
// it is not known.
func mayBeJSON(name string) bool {
	for _, word := range []string{"Body", "Cause", "Content", "Context", "Data", "Definition", "Detail", "Document", "Input", "Json",
		"Message", "Output", "Pattern", "Payload", "Policy", "Schema", "String", "Value"} {
		if strings.HasSuffix(name, word) {
			return true
		}
	}
	return false
}
