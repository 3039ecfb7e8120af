// Package target opens the job that a command is about, on AWS or in the runs of this folder,
// and writes commands about its executions as they can be typed.
package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/cli/stored"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/s3store"
	"github.com/mapjob/mapjob/internal/operate/statemachine"
	"github.com/mapjob/mapjob/internal/sfnapi"
	"github.com/mapjob/mapjob/internal/silence"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/typed"
)

// Target are the flags that say which job a command is about.
type Target struct {
	Stack   string `help:"CloudFormation stack of the job; with --local, a stack that was run in this folder." placeholder:"NAME"`
	Job     string `help:"State machine of the job: its ARN, its name, or the beginning of its name. Default: that of EXECUTION, if it is an ARN, or the only one of --stack; with --local that of the last execution." placeholder:"NAME" complete:"jobs"`
	Local   bool   `help:"Look at the runs of this folder, in .mapjob/runs, in place of AWS."`
	Profile string `help:"Profile of the AWS configuration." placeholder:"NAME"`
	Region  string `help:"Region of AWS." placeholder:"REGION"`
	JSON    bool   `help:"Print one JSON document."`
}

// One is the execution that a command is about.
type One struct {
	Target

	Execution string `arg:"" optional:"" help:"Name or ARN of the execution." complete:"executions"`
}

// Session is an open target.
type Session struct {
	*operate.Service
	target  *Target
	Machine string           // ARN of the job's state machine
	archive *archive.Archive // nil on AWS
	stacks  cloudformation.ListStackResourcesAPIClient
	own     string // folder of a run whose report is its own, not the summary's
	named   bool   // commands always name the execution
}

// AlwaysName makes every command name its execution, also the last one.
func (s *Session) AlwaysName() { s.named = true }

// Close closes it.
func (s *Session) Close() error {
	if s.archive == nil {
		return nil
	}
	return s.archive.Close()
}

// Open opens the target of a command, for an execution's name or ARN if it has one.
func (t *Target) Open(ctx context.Context, execution string) (s *Session, err error) {
	if t.Local && (t.Profile != "" || t.Region != "") {
		return nil, errOfAWS
	}
	if s, err = t.service(ctx, execution); err != nil {
		return nil, err
	}
	s.target = t
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if strings.HasPrefix(execution, "arn:") {
		if s.Machine = operate.StateMachineOf(execution); s.Machine == "" {
			return s, fmt.Errorf("EXECUTION: got %s, expected the name or the ARN of an execution of a Standard state machine", execution)
		}
		return s, s.checkOf(ctx, execution)
	}
	switch {
	case t.Stack != "" && t.Local:
		s.Machine, err = s.ranOf(t.Stack, t.Job)
	case t.Stack != "":
		s.Machine, err = s.inStack(ctx, t.Stack, t.Job)
	case t.Job != "":
		s.Machine, err = statemachine.Find(ctx, s.API, s.Region, t.Job)
	case t.Local:
		s.Machine, err = last(s.archive, execution)
	default:
		err = errors.New("--job: got none, expected the name or the ARN of the job's state machine, or --stack with the name of its stack; --local looks at the runs of this folder")
	}
	return s, err
}

// Jobs opens the runs of this folder, and returns the state machines that have executions
// in them: those that the flags name.
func (t *Target) Jobs(ctx context.Context) (s *Session, machines []string, err error) {
	if t.Profile != "" || t.Region != "" {
		return nil, nil, errOfAWS
	}
	if t.Job != "" || t.Stack != "" {
		if s, err = t.Open(ctx, ""); err != nil {
			return nil, nil, err
		}
		return s, []string{s.Machine}, nil
	}
	if s, err = localService(); err != nil {
		return nil, nil, err
	}
	s.target = t
	all, err := s.archive.Executions()
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	for i := range all {
		if arn := all[i].StateMachineARN; !slices.Contains(machines, arn) && !statesarn.IsExpress(all[i].ARN) {
			machines = append(machines, arn)
		}
	}
	return s, machines, nil
}

var errOfAWS = errors.New("--local: got --profile or --region, which are of AWS, expected neither")

// checkOf refuses the ARN of an execution that is not of the job that the flags name.
func (s *Session) checkOf(ctx context.Context, execution string) error {
	t, name := s.target, statesarn.Name(s.Machine)
	of := s.Machine
	var err error
	switch {
	case t.Stack != "" && t.Local:
		of, err = s.ranOf(t.Stack, cmp.Or(t.Job, s.Machine))
	case t.Stack != "":
		of, err = s.inStack(ctx, t.Stack, cmp.Or(t.Job, s.Machine))
	case t.Job != s.Machine && !strings.HasPrefix(name, t.Job):
		return fmt.Errorf("EXECUTION: got %s, which is of state machine %s, expected one of --job %s; an ARN needs no --job", execution, name, t.Job)
	}
	if err == nil && of != s.Machine {
		err = fmt.Errorf("EXECUTION: got %s, which is of state machine %s, expected one of %s, which --stack and --job name; an ARN needs neither", execution, name, statesarn.Name(of))
	}
	return err
}

// Find opens the target, and finds the execution: the last one, or the last one that
// has ended, unless another is named.
func (o *One) Find(ctx context.Context, ended bool) (*Session, *operate.Execution, error) {
	s, err := o.Open(ctx, o.Execution)
	if err != nil {
		return nil, nil, err
	}
	x, err := s.Service.Execution(ctx, s.Machine, o.Execution, ended)
	if err == nil && s.archive != nil {
		err = s.useOwn(x)
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, x, nil
}

// service opens Step Functions and S3.
func (t *Target) service(ctx context.Context, execution string) (*Session, error) {
	if t.Local {
		return localService()
	}
	settings, err := t.Settings(ctx, execution)
	if err != nil {
		return nil, err
	}
	return &Session{stacks: cloudformation.NewFromConfig(settings), Service: &operate.Service{API: sfn.NewFromConfig(settings), Region: settings.Region,
		Store: &s3store.Store{Region: settings.Region, Client: s3.NewFromConfig(settings, func(o *s3.Options) {
			o.DisableLogOutputChecksumValidationSkipped = true // not every object has a checksum
		})}}}, nil
}

// Settings returns the configuration of AWS, with its credentials, for the region of an
// ARN unless another is given.
func (t *Target) Settings(ctx context.Context, execution string) (settings aws.Config, err error) {
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(endsInSilence))}
	if t.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(t.Profile))
	}
	if region := cmp.Or(t.Region, statesarn.Region(execution), statesarn.Region(t.Job)); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if settings, err = config.LoadDefaultConfig(ctx, options...); err != nil {
		return settings, awserror.Configuration(err, t.Profile)
	}
	if settings.Region == "" {
		return settings, errors.New("--region: got none, expected the region of the job, such as eu-central-1; AWS_REGION or the profile may have it, too")
	}
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		return settings, awserror.Configuration(err, t.Profile)
	}
	return settings, nil
}

// longestSilence is how long AWS may say nothing in the middle of a request, which the
// SDK then makes again, three times in all.
const longestSilence = 30 * time.Second

func endsInSilence(t *http.Transport) { t.DialContext = silence.Ending(t.DialContext, longestSilence) }

// localService opens the executions of the runs of this folder. Nothing runs for it.
func localService() (*Session, error) {
	folders, err := runs.All()
	if err != nil {
		return nil, err
	}
	executions, err := archive.Open(folders...)
	if err != nil {
		return nil, err
	}
	client := localClient("http://stepfunctions", sfnapi.New(nil, executions))
	return &Session{archive: executions, Service: &operate.Service{API: client, Pause: localPause, Store: stored.Objects(folders), Region: "local"}}, nil
}

// localPause is how often a watch asks on this machine.
const localPause = 100 * time.Millisecond

// localClient returns a client of Step Functions on this machine.
func localClient(url string, transport http.RoundTripper) *sfn.Client {
	return sfn.New(sfn.Options{Region: "local", Credentials: localCredentials, BaseEndpoint: aws.String(url),
		HTTPClient: &http.Client{Transport: transport}})
}

var localCredentials = credentials.NewStaticCredentialsProvider("mapjob", "mapjob", "")

// last returns the state machine of the last execution that no task has started, or of
// the last one with a name.
func last(executions *archive.Archive, name string) (string, error) {
	all, err := executions.Executions()
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", fmt.Errorf("no run of this folder has an execution: start one with %s", typed.Command("run"))
	}
	for i := range all {
		if all[i].Name == name {
			return all[i].StateMachineARN, nil
		}
	}
	return all[slices.IndexFunc(all, func(x archive.Execution) bool { return !nested(&x, all) })].StateMachineARN, nil
}

// nested reports whether an execution began while another of its folder ran, as one
// does that a task of the other starts.
func nested(x *archive.Execution, all []archive.Execution) bool {
	return slices.ContainsFunc(all, func(o archive.Execution) bool {
		return o.ARN != x.ARN && o.Folder == x.Folder && o.Start.Before(x.Start) && (o.Stop.IsZero() || o.Stop.After(x.Start))
	})
}
