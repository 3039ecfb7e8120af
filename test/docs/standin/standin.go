// Package standin stands in for services of AWS that commands of pages call and that
// mapjob serve does not have: CloudFormation, which says what is in a stack, and Secrets
// Manager. Step Functions, S3 and the tables are those of mapjob serve.
package standin

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
)

// Server answers on this machine, until it is closed.
type Server struct {
	*httptest.Server

	states string // the address of Step Functions
}

var exported = regexp.MustCompile(`(?m)^export AWS_ENDPOINT_URL_SFN=(http://\S+)$`)

// Start starts a server beside a mapjob serve, which has printed where its services are.
func Start(printed string) (*Server, error) {
	m := exported.FindStringSubmatch(printed)
	if m == nil {
		return nil, fmt.Errorf("got no address of Step Functions in\n%s", printed)
	}
	s := &Server{states: m[1]}
	s.Server = httptest.NewServer(s)
	return s, nil
}

// Exports returns the lines that commands need to call this server.
func (s *Server) Exports() string {
	return fmt.Sprintf("export AWS_ENDPOINT_URL_CLOUDFORMATION=%[1]s\nexport AWS_ENDPOINT_URL_SECRETS_MANAGER=%[1]s\nexport AWS_PAGER=\n", s.URL)
}

// ServeHTTP answers ListStackResources and GetSecretValue.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, _ := url.ParseQuery(string(body)) // JSON has no Action
	switch operation := r.Header.Get("X-Amz-Target") + form.Get("Action"); operation {
	case "ListStackResources":
		s.resources(w, form.Get("StackName"))
	case "secretsmanager.GetSecretValue":
		secret(w, body)
	default:
		w.Header().Set("x-amzn-errortype", "NotImplemented")
		http.Error(w, fmt.Sprintf(`{"message":"the stand-in does not know %s"}`, operation), http.StatusNotImplemented)
	}
}

// machine is a state machine of mapjob serve. Its name begins with that of its stack.
type machine struct {
	ARN  string `json:"stateMachineArn"`
	Name string `json:"name"`
}

func (s *Server) machines(stack string) (found []machine, err error) {
	request, err := http.NewRequest(http.MethodPost, s.states, bytes.NewReader([]byte(`{}`)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var list struct {
		StateMachines []machine `json:"stateMachines"`
	}
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return nil, err
	}
	for _, m := range list.StateMachines {
		if strings.HasPrefix(m.Name, stack+"-") {
			found = append(found, m)
		}
	}
	return found, nil
}

type (
	resource struct {
		LogicalResourceID  string `xml:"LogicalResourceId"`
		PhysicalResourceID string `xml:"PhysicalResourceId"`
		ResourceType       string
		ResourceStatus     string
	}
	resources struct {
		XMLName xml.Name   `xml:"ListStackResourcesResponse"`
		Members []resource `xml:"ListStackResourcesResult>StackResourceSummaries>member"`
	}
	problem struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Code    string   `xml:"Error>Code"`
		Message string   `xml:"Error>Message"`
	}
)

// resources answers with the state machines of a stack.
func (s *Server) resources(w http.ResponseWriter, stack string) {
	machines, err := s.machines(stack)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	if len(machines) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		_ = xml.NewEncoder(w).Encode(problem{Code: "ValidationError", Message: "Stack with id " + stack + " does not exist"})
		return
	}
	var answer resources
	for _, m := range machines {
		answer.Members = append(answer.Members, resource{strings.TrimPrefix(m.Name, stack+"-"), m.ARN, "AWS::StepFunctions::StateMachine", "CREATE_COMPLETE"})
	}
	_ = xml.NewEncoder(w).Encode(answer)
}

// Secret is the text of every secret.
const Secret = "a secret of the stand-in"

func secret(w http.ResponseWriter, body []byte) {
	var asked struct {
		SecretID string `json:"SecretId"`
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err := json.Unmarshal(body, &asked); err != nil || asked.SecretID == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"InvalidRequestException"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"Name": asked.SecretID, "SecretString": Secret})
}
