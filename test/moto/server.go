// Package moto starts moto, an implementation of AWS on this machine that is not written
// for this project.
package moto

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/mapjob/mapjob/internal/process"
)

// The account and the region of moto.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// Patches of moto 5.2.1, in Python.
var (
	//go:embed python/changesets.py
	ChangeSets string
	//go:embed python/executions.py
	Executions string
	//go:embed python/filled.py
	Filled string
)

// Options say how a server is started.
type Options struct {
	Program string   // moto_server
	Folder  string   // gets the log and the patches
	Patches []string // such as ChangeSets
	Config  string   // JSON for POST /moto-api/config, "" for none
}

// Server is a server of moto.
type Server struct {
	URL    string
	Config aws.Config // of clients

	log   string
	stop  context.CancelFunc
	ended chan error
}

// Start starts a server. It ends with ctx, and with this process.
func Start(ctx context.Context, o Options) (*Server, error) {
	if _, err := exec.LookPath(o.Program); err != nil {
		return nil, fmt.Errorf("found no moto_server (%w): run make moto-server, which installs it in bin/moto, or python3 -m pip install 'moto[server]==5.2.1'", err)
	}
	var problems []error
	for range 3 { // another program may take the port first
		s, err := start(ctx, o)
		if err == nil || ctx.Err() != nil {
			return s, errors.Join(err, ctx.Err())
		}
		problems = append(problems, err)
	}
	return nil, errors.Join(problems...)
}

func start(ctx context.Context, o Options) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(o.Folder, "moto.log"), os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	patches := filepath.Join(o.Folder, "python")
	if err := errors.Join(os.MkdirAll(patches, 0o755), os.WriteFile(filepath.Join(patches, "sitecustomize.py"), []byte(strings.Join(o.Patches, "\n")), 0o644)); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	cmd := process.Command(ctx, o.Program, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "PYTHONPATH="+patches)
	s := &Server{URL: "http://" + net.JoinHostPort("127.0.0.1", port), log: log.Name(), stop: stop, ended: make(chan error, 1)}
	s.Config = aws.Config{Region: Region, BaseEndpoint: &s.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	go func() { s.ended <- process.Run(cmd) }()
	if err := errors.Join(s.ready(ctx), s.configure(o.Config)); err != nil {
		s.Stop()
		said, _ := os.ReadFile(s.log)
		return nil, fmt.Errorf("%s: %w\n%s", o.Program, err, said)
	}
	return s, nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), listener.Close()
}

// ready waits until the server answers.
func (s *Server) ready(ctx context.Context) error {
	for range 600 {
		response, err := http.Get(s.URL + "/moto-api/")
		if err == nil {
			_ = response.Body.Close()
		}
		select {
		case ended := <-s.ended: // another program may be what answered
			s.ended <- ended
			return fmt.Errorf("ended: %w", ended)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
			if err == nil {
				return nil
			}
		}
	}
	return errors.New("did not answer within a minute")
}

func (s *Server) configure(settings string) error {
	if settings == "" {
		return nil
	}
	response, err := http.Post(s.URL+"/moto-api/config", "application/json", strings.NewReader(settings))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("got %s for the configuration %s", response.Status, settings)
	}
	return nil
}

// Stop ends the server.
func (s *Server) Stop() {
	s.stop()
	<-s.ended
	s.ended <- nil
}

// Trace returns what the server printed last, if that is a failure of its own.
func (s *Server) Trace() string {
	log, err := os.ReadFile(s.log)
	at := bytes.LastIndex(log, []byte("Traceback (most recent call last)"))
	if err != nil || at < 0 {
		return ""
	}
	return string(log[at:min(len(log), at+8000)])
}

// Filled returns the types of resources, and their properties, that the patch Filled
// filled in because the server leaves them out.
func (s *Server) Filled() ([]string, error) {
	log, err := os.ReadFile(s.log)
	if err != nil {
		return nil, err
	}
	var filled []string
	for line := range bytes.Lines(log) {
		if of, ok := bytes.CutPrefix(line, []byte("filled in ")); ok {
			filled = append(filled, string(bytes.TrimSpace(of)))
		}
	}
	slices.Sort(filled)
	return slices.Compact(filled), nil
}

// Env returns the environment of programs that use AWS at a URL of this machine. Nothing
// of it leads to AWS: the user's own variables are empty, and profiles are not read.
func Env(url string) map[string]string {
	env := map[string]string{}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			env[name] = ""
		}
	}
	maps.Copy(env, map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": Region, "AWS_DEFAULT_REGION": Region,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_S3": url,
		// The CDK passes this one to CloudFormation, as the address of the template.
		"AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION": strings.Replace(url, "127.0.0.1", "localhost", 1),
		"NO_PROXY":                               "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
	})
	return env
}
