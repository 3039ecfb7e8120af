package operate

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/operate/failed"
	"github.com/mapjob/mapjob/internal/operate/s3store"
	"github.com/mapjob/mapjob/internal/operate/statemachine"
	"github.com/mapjob/mapjob/internal/protocol"
)

// answer is what AWS answers to a request.
type answer struct {
	status int
	header map[string]string
	body   string
}

// states is an error of Step Functions, in the form of AWS JSON 1.0.
func states(code, message string) answer {
	return answer{http.StatusBadRequest, map[string]string{"Content-Type": "application/x-amz-json-1.0"},
		fmt.Sprintf(`{"__type": "com.amazonaws.swf.service.v2.model#%s", "message": %q}`, code, message)}
}

// object is an error of S3, in XML.
func object(status int, code, message string) answer {
	return answer{status, map[string]string{"Content-Type": "application/xml"},
		fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>4442587FB7D0A2F9</RequestId><HostId>h</HostId></Error>`, code, message)}
}

// inRegion adds the region of the bucket to an answer of S3.
func (a answer) inRegion(region string) answer {
	a.header["x-amz-bucket-region"] = region
	return a
}

// asked returns a service whose requests all get an answer.
func asked(t *testing.T, a answer) *Service {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range a.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.body))
	}))
	t.Cleanup(server.Close)
	return serviceAt(server.URL)
}

func serviceAt(url string) *Service {
	keys := credentials.NewStaticCredentialsProvider("AKIA", "secret", "")
	return &Service{Region: "eu-west-1",
		API: sfn.New(sfn.Options{Region: "eu-west-1", Credentials: keys, BaseEndpoint: &url, RetryMaxAttempts: 1}),
		Store: &s3store.Store{Region: "eu-west-1", Client: s3.New(s3.Options{Region: "eu-west-1", Credentials: keys, BaseEndpoint: &url, UsePathStyle: true, RetryMaxAttempts: 1,
			DisableLogOutputChecksumValidationSkipped: true})}}
}

const (
	user      = "User: arn:aws:sts::123456789012:assumed-role/Operator/anna is not authorized to perform: "
	noPolicy  = " because no identity-based policy allows the action"
	failedKey = "arn:aws:s3:::results/" + failures
)

func TestErrorsOfAWSSayWhatToDo(t *testing.T) {
	describe := func(ctx context.Context, s *Service) error {
		_, err := s.Describe(ctx, monday)
		return err
	}
	find := func(ctx context.Context, s *Service) error {
		_, err := statemachine.Find(ctx, s.API, s.Region, "Nightly")
		return err
	}
	list := func(ctx context.Context, s *Service) error {
		_, err := s.List(ctx, machine, Filter{Most: 1})
		return err
	}
	stop := func(ctx context.Context, s *Service) error {
		_, err := s.Stop(ctx, &Execution{ARN: monday, Status: "RUNNING"}, "enough")
		return err
	}
	start := func(ctx context.Context, s *Service) error {
		api := s.API
		s.Store = manyFailures()
		s.API = &stepFunctions{}
		plan, err := s.PlanRerun(ctx, &Execution{ARN: monday, Name: "monday", Status: "FAILED", stateMachine: machine, input: "{}",
			Account: &protocol.Account{Failed: 100_000, Report: &protocol.Folder{Bucket: "b", Prefix: "Nightly-AbC/monday/report"}}}, failed.Filter{Errors: []string{"Gone"}}, 0)
		if err != nil {
			return err
		}
		s.API = api
		_, err = s.Start(ctx, plan)
		return err
	}
	mapRuns := func(ctx context.Context, s *Service) error {
		_, err := s.Status(ctx, &Execution{ARN: monday, Status: "FAILED"})
		return err
	}
	read := func(ctx context.Context, s *Service) error {
		_, err := s.Store.Open(ctx, protocol.Object{Bucket: "results", Key: failures})
		return err
	}
	write := func(ctx context.Context, s *Service) error {
		return s.Store.Create(ctx, protocol.Object{Bucket: "results", Key: failures}, nil, strings.NewReader("{}\n"))
	}
	for name, c := range map[string]struct {
		do       func(context.Context, *Service) error
		answer   answer
		expected string
	}{
		"no permission": {describe, states("AccessDeniedException", user+"states:DescribeExecution on resource: "+monday+noPolicy),
			"permission is missing: allow states:DescribeExecution on " + monday + " (" + user},
		"no permission, and AWS does not say which": {list, states("AccessDeniedException", "no"),
			"permission is missing: allow states:ListExecutions on " + machine + " (no)"},
		"no permission to look for the job": {find, states("AccessDeniedException", user+"states:ListStateMachines on resource: arn:aws:states:eu-west-1:123456789012:stateMachine:*"+noPolicy),
			"permission is missing: allow states:ListStateMachines on arn:aws:states:eu-west-1:123456789012:stateMachine:* ("},
		"no permission to stop": {stop, states("AccessDeniedException", user+"states:StopExecution on resource: "+monday+noPolicy),
			"permission is missing: allow states:StopExecution on " + monday + " ("},
		"no permission to start": {start, states("AccessDeniedException", user+"states:StartExecution on resource: "+machine+noPolicy),
			"permission is missing: allow states:StartExecution on " + machine + " ("},
		"a policy denies": {stop, states("AccessDeniedException", user+"states:StopExecution on resource: "+monday+" with an explicit deny in a service control policy"),
			"permission is denied: a policy denies states:StopExecution on " + monday + ", and no other can allow it ("},
		"the key of the state machine": {describe, states("KmsAccessDeniedException", user+"kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1234"+noPolicy),
			"permission is missing: allow kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/1234 ("},
		"the key of the state machine, not named": {describe, states("KmsAccessDeniedException", "The request was denied"),
			"permission is missing: allow kms:Decrypt on the KMS key of " + monday + " (The request was denied)"},
		"the key is disabled": {describe, states("KmsInvalidStateException", "arn:aws:kms:eu-west-1:123456789012:key/1234 is disabled."),
			"the KMS key of " + monday + " can't be used: enable it, or cancel its deletion (arn:aws:kms:eu-west-1:123456789012:key/1234 is disabled)"},
		"an expired token": {describe, states("ExpiredTokenException", "The security token included in the request is expired"),
			"the credentials have expired: get new ones, such as with aws sso login (The security token included in the request is expired)"},
		"an unknown key, or a region that is not enabled": {describe, states("UnrecognizedClientException", "The security token included in the request is invalid."),
			"AWS does not accept the credentials: check --profile and the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and that the account uses region eu-west-1 (The security token included in the request is invalid)"},
		"a wrong secret": {describe, states("InvalidSignatureException", "The request signature we calculated does not match the signature you provided."),
			"AWS does not accept the credentials: check --profile"},
		"a clock that is slow": {describe, states("InvalidSignatureException", "Signature expired: 20261128T080000Z is now earlier than 20261128T090000Z (20261128T090500Z - 5 min.)"),
			"the clock of this machine is wrong, so that AWS refuses its requests: set it (Signature expired: 20261128T080000Z is now earlier than"},
		"a clock that is fast": {describe, states("InvalidSignatureException", "Signature not yet current: 20261128T120000Z is still later than 20261128T090000Z (20261128T085500Z + 5 min.)"),
			"the clock of this machine is wrong"},
		"no such execution": {describe, states("ExecutionDoesNotExist", "Execution Does Not Exist: '"+monday+"'"),
			"execution " + monday + " does not exist, or has been over for 90 days: "},
		"no such execution on this machine": {func(ctx context.Context, s *Service) error {
			s.Region = "local"
			return describe(ctx, s)
		}, states("ExecutionDoesNotExist", "Execution Does Not Exist: '"+monday+"'"),
			"no run of this folder has execution " + monday + ": "},
		"no such state machine on this machine": {func(ctx context.Context, s *Service) error {
			s.Region = "local"
			return list(ctx, s)
		}, states("StateMachineDoesNotExist", "State Machine Does Not Exist: '"+machine+"'"),
			"no run of this folder has an execution of state machine " + machine + ": "},
		"no such state machine": {list, states("StateMachineDoesNotExist", "State Machine Does Not Exist: '"+machine+"'"),
			"state machine " + machine + " does not exist in region eu-west-1 of this account: check --region, --profile and --job"},
		"an execution of another region": {func(ctx context.Context, s *Service) error {
			_, err := s.Describe(ctx, strings.Replace(monday, "eu-west-1", "us-east-1", 1))
			return err
		}, states("InvalidArn", "Invalid Arn: 'Resource region not valid'"), strings.Replace(monday, "eu-west-1", "us-east-1", 1) + " is in region us-east-1, and was asked for in eu-west-1: give --region us-east-1"},
		"an ARN of something else": {describe, states("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: activity'"),
			monday + " is no ARN of an execution or a state machine of a job (Invalid Arn: "},
		"a region without state machines": {find, answer{http.StatusOK, nil, `{"stateMachines": []}`},
			"job Nightly: region eu-west-1 has no state machines in this account: is it deployed there, and with these credentials?"},
		"a job that is spelt wrong": {find, answer{http.StatusOK, nil, `{"stateMachines": [{"name": "nightly", "stateMachineArn": "` + machine + `"}]}`},
			"job Nightly: no state machine in region eu-west-1 has this name, expected one of: nightly"},
		"an Express state machine": {list, states("StateMachineTypeNotSupported", "State Machine Type Is Not Supported"),
			"state machine " + machine + " is an Express one, of which Step Functions lists no executions: name a job's own state machine"},
		"a state machine that is deleted": {start, states("StateMachineDeleting", "State Machine is being deleted: '"+machine+"'"),
			"state machine " + machine + " is being deleted, so nothing can be started"},
		"too many executions": {start, states("ExecutionLimitExceeded", "The maximum number of running executions has been reached."),
			machine + " can't be started: too many executions run in this account and region. Wait until some have ended ("},
		"a Map Run that is gone": {mapRuns, states("ResourceNotFound", "Resource not found"),
			monday + " does not exist any more (Resource not found)"},
		"throttled": {mapRuns, states("ThrottlingException", "Rate exceeded"),
			"Step Functions throttles states:ListMapRuns, which is asked too often in this account (Rate exceeded): try again in a minute"},
		"Step Functions fails": {describe, answer{http.StatusInternalServerError, nil, `{"__type": "InternalServerError"}`},
			"Step Functions failed to answer states:DescribeExecution (operation error SFN: "},
		"Step Functions fails without a word": {describe, answer{http.StatusBadGateway, map[string]string{"Content-Type": "text/html"}, "<html>"},
			"Step Functions failed to answer states:DescribeExecution ("},
		"another server": {describe, answer{http.StatusOK, map[string]string{"Content-Type": "text/html"}, "<html>Welcome"},
			"the answer to states:DescribeExecution is not from AWS: check HTTPS_PROXY and AWS_ENDPOINT_URL ("},
		"an error that is not known": {describe, states("NewException", "new"),
			"Step Functions refuses states:DescribeExecution on " + monday + ": NewException: new"},

		"no such bucket":  {read, object(404, "NoSuchBucket", "The specified bucket does not exist"), failedKey + ": the bucket does not exist: was it deleted with its stack?"},
		"no such object":  {read, object(404, "NoSuchKey", "The specified key does not exist."), "reading s3://results/" + failures + ": file does not exist"},
		"reading denied":  {read, object(403, "AccessDenied", "Access Denied"), "permission is missing: allow s3:GetObject on " + failedKey + "; without s3:ListBucket on the bucket, an object that does not exist is denied, too (Access Denied)"},
		"writing denied":  {write, object(403, "AccessDenied", user+"s3:PutObject on resource: &quot;"+failedKey+"&quot;"+noPolicy), "permission is missing: allow s3:PutObject on " + failedKey + " (" + user},
		"the key denied":  {read, object(403, "AccessDenied", user+"kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1234"+noPolicy), "permission is missing: allow kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/1234 (" + user},
		"a key to write":  {write, object(403, "AccessDenied", user+"kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:123456789012:key/1234"+noPolicy), "permission is missing: allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:123456789012:key/1234 ("},
		"a disabled key":  {read, object(400, "KMS.DisabledException", "arn:aws:kms:eu-west-1:123456789012:key/1234 is disabled."), "the KMS key of " + failedKey + " can't be used: enable it"},
		"another region":  {read, object(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.").inRegion("us-east-2"), failedKey + " is in region us-east-2, and was asked for in eu-west-1: give --region us-east-2"},
		"another, signed": {read, object(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region &#39;eu-west-1&#39; is wrong; expecting &#39;us-east-2&#39;"), failedKey + " is in region us-east-2, and was asked for in eu-west-1: give --region us-east-2"},
		"an archive":      {read, object(403, "InvalidObjectState", "The operation is not valid for the object&#39;s storage class"), failedKey + " is archived: restore it first, such as with aws s3api restore-object ("},
		"slow down":       {read, object(503, "SlowDown", "Please reduce your request rate."), "S3 throttles s3:GetObject, which is asked too often in this account (Please reduce your request rate): try again in a minute"},
		"S3 fails":        {write, object(500, "InternalError", "We encountered an internal error. Please try again."), "S3 failed to answer s3:PutObject (operation error S3: "},
		"a skewed clock":  {read, object(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."), "the clock of this machine is wrong, so that AWS refuses its requests: set it (The difference"},
		"an old token":    {read, object(400, "ExpiredToken", "The provided token has expired."), "the credentials have expired: get new ones"},
		"an unknown key":  {read, object(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."), "AWS does not accept the credentials: check --profile"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.do(t.Context(), asked(t, c.answer))
			if err == nil || !strings.HasPrefix(err.Error(), c.expected) {
				t.Fatalf("got %v, expected %s", err, c.expected)
			}
			t.Log(err)
		})
	}
}

func TestAnAWSThatIsNotReachedSaysWhatToCheck(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	untrusted := httptest.NewTLSServer(nil)
	t.Cleanup(untrusted.Close)
	for name, c := range map[string]struct{ url, expected string }{
		"nothing listens":  {gone.URL, "Step Functions can't be reached: check the network, and HTTPS_PROXY and AWS_ENDPOINT_URL if they are set (dial tcp"},
		"a wrong region":   {"https://states.eu-wset-1.invalid", "states.eu-wset-1.invalid can't be found: check that region eu-west-1 is spelt right, and the network ("},
		"a proxy's answer": {untrusted.URL, "the certificate of AWS is not trusted: a proxy on the way has one of its own? Name the file of its certificates in AWS_CA_BUNDLE ("},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serviceAt(c.url).Describe(t.Context(), monday)
			if err == nil || !strings.HasPrefix(err.Error(), c.expected) {
				t.Fatalf("got %v, expected %s", err, c.expected)
			}
			t.Log(err)
		})
	}
}
