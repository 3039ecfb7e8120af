// Package operate lists, reruns and stops the executions of a job, of AWS or of the
// runs on this machine: mapjob list, status, failures, rerun, stop, redrive, report.
package operate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

// Target are the flags that say which job a command is about.
type Target struct {
	Job     string `help:"State machine of the job: its ARN, its name, or the beginning of its name. Default: that of EXECUTION, if it is an ARN; with --local that of the last execution." placeholder:"NAME"`
	Local   bool   `help:"Look at the runs of this folder, in .mapjob/runs, in place of AWS."`
	Profile string `help:"Profile of the AWS configuration." placeholder:"NAME"`
	Region  string `help:"Region of AWS." placeholder:"REGION"`
	JSON    bool   `help:"Print one JSON document."`
}

// One is the execution that a command is about.
type One struct {
	Target

	Execution string `arg:"" optional:"" help:"Name or ARN of the execution."`
}

// session is an open target.
type session struct {
	*operate.Service
	machine string           // ARN of the job's state machine
	archive *archive.Archive // nil on AWS
}

func (s *session) close() error {
	if s.archive == nil {
		return nil
	}
	return s.archive.Close()
}

// open opens the target of a command, for an execution's name or ARN if it has one.
func (t *Target) open(ctx context.Context, execution string) (s *session, err error) {
	if t.Local && (t.Profile != "" || t.Region != "") {
		return nil, errors.New("--local: got --profile or --region, which are of AWS, expected neither")
	}
	if s, err = t.service(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	switch {
	case strings.HasPrefix(execution, "arn:"):
		if s.machine = operate.StateMachineOf(execution); s.machine == "" {
			err = fmt.Errorf("EXECUTION: got %s, expected the name or the ARN of an execution of a Standard state machine", execution)
		}
	case t.Job != "":
		s.machine, err = s.Find(ctx, t.Job)
	case t.Local:
		s.machine, err = last(s.archive)
	default:
		err = errors.New("--job: got none, expected the name or the ARN of the job's state machine; --local looks at the runs of this folder")
	}
	return s, err
}

// find opens the target, and finds the execution: the last one, or the last one that
// has ended, unless another is named.
func (o *One) find(ctx context.Context, ended bool) (*session, *operate.Execution, error) {
	s, err := o.open(ctx, o.Execution)
	if err != nil {
		return nil, nil, err
	}
	x, err := s.Service.Execution(ctx, s.machine, o.Execution, ended)
	if err != nil {
		return nil, nil, errors.Join(err, s.close())
	}
	return s, x, nil
}

// service opens Step Functions and S3.
func (t *Target) service(ctx context.Context) (*session, error) {
	if t.Local {
		return localService()
	}
	var options []func(*config.LoadOptions) error
	if t.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(t.Profile))
	}
	if t.Region != "" {
		options = append(options, config.WithRegion(t.Region))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, operate.Configuration(err, t.Profile)
	}
	if settings.Region == "" {
		return nil, errors.New("--region: got none, expected the region of the job, such as eu-central-1; AWS_REGION or the profile may have it, too")
	}
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		return nil, operate.Configuration(err, t.Profile)
	}
	return &session{Service: &operate.Service{API: sfn.NewFromConfig(settings), Region: settings.Region,
		Store: &operate.S3{Region: settings.Region, Client: s3.NewFromConfig(settings, func(o *s3.Options) {
			o.DisableLogOutputChecksumValidationSkipped = true // not every object has a checksum
		})}}}, nil
}

// localService opens the executions of the runs of this folder. Nothing runs for it.
func localService() (*session, error) {
	folders, err := runs.All()
	if err != nil {
		return nil, err
	}
	executions, err := archive.Open(folders...)
	if err != nil {
		return nil, err
	}
	client := localClient("http://stepfunctions", sfnapi.New(nil, executions))
	return &session{archive: executions, Service: &operate.Service{API: client, Store: files(folders), Region: "local"}}, nil
}

// localClient returns a client of Step Functions on this machine.
func localClient(url string, transport http.RoundTripper) *sfn.Client {
	return sfn.New(sfn.Options{Region: "local", Credentials: localCredentials, BaseEndpoint: aws.String(url),
		HTTPClient: &http.Client{Transport: transport}})
}

var localCredentials = credentials.NewStaticCredentialsProvider("mapjob", "mapjob", "")

// last returns the state machine of the last execution.
func last(executions *archive.Archive) (string, error) {
	all, err := executions.Executions()
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", errors.New("no run of this folder has an execution: start one with mapjob run")
	}
	return all[0].StateMachineARN, nil
}

// flags returns the flags that name this target again, in a command.
func (t *Target) flags() string {
	if t.Local {
		if t.Job == "" {
			return " --local"
		}
		return " --local --job " + quoted(t.Job)
	}
	var text strings.Builder
	for _, flag := range []struct{ name, value string }{{"job", t.Job}, {"profile", t.Profile}, {"region", t.Region}} {
		if flag.value != "" {
			text.WriteString(" --" + flag.name + " " + quoted(flag.value))
		}
	}
	return text.String()
}

// command returns a subcommand about an execution of this target, as it is typed.
func (t *Target) command(name string, x *operate.Execution) string {
	execution := x.Name
	if !t.Local && t.Job == "" {
		execution = x.ARN
	}
	return "mapjob " + name + " " + quoted(execution) + t.flags()
}

// quoted returns a word for a shell.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
