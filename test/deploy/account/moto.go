package account

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
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

// Of moto.
const (
	motoID     = "123456789012"
	motoRegion = "us-east-1"
)

//go:embed python/sitecustomize.py
var motoPatch []byte

// Moto is a server of moto.
type Moto struct {
	Account *Account
	URL     string

	log   string
	stop  context.CancelFunc
	ended chan error
}

// StartMoto starts a server. It ends with ctx, and with this process. The folder gets
// its log.
func StartMoto(ctx context.Context, program, folder string) (*Moto, error) {
	if _, err := exec.LookPath(program); err != nil {
		return nil, fmt.Errorf("found no moto_server (%w): run make moto-server, which installs it in bin/moto, or python3 -m pip install 'moto[server]==5.2.1'", err)
	}
	var problems []error
	for range 3 { // another program may take the port first
		m, err := startMoto(ctx, program, folder)
		if err == nil || ctx.Err() != nil {
			return m, errors.Join(err, ctx.Err())
		}
		problems = append(problems, err)
	}
	return nil, errors.Join(problems...)
}

func startMoto(ctx context.Context, program, folder string) (*Moto, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(folder, "moto.log"), os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	ctx, stop := context.WithCancel(ctx)
	cmd := process.Command(ctx, program, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = log, log
	patch := filepath.Join(folder, "python")
	if err := errors.Join(os.MkdirAll(patch, 0o755), os.WriteFile(filepath.Join(patch, "sitecustomize.py"), motoPatch, 0o644)); err != nil {
		stop()
		return nil, err
	}
	cmd.Env = append(os.Environ(), "PYTHONPATH="+patch)
	m := &Moto{URL: "http://" + net.JoinHostPort("127.0.0.1", port), log: log.Name(), stop: stop, ended: make(chan error, 1)}
	m.Account = &Account{ID: motoID, Region: motoRegion, Moto: true, Env: motoEnv(m.URL, port), Config: aws.Config{
		Region: motoRegion, BaseEndpoint: &m.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}}
	go func() { m.ended <- process.Run(cmd) }()
	if err := m.ready(ctx); err != nil {
		m.Stop()
		said, _ := os.ReadFile(m.log)
		return nil, fmt.Errorf("%s: %w\n%s", program, err, said)
	}
	return m, nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), listener.Close()
}

// ready waits until the server answers.
func (m *Moto) ready(ctx context.Context) error {
	for range 600 {
		response, err := http.Get(m.URL + "/moto-api/")
		if err == nil {
			_ = response.Body.Close()
		}
		select {
		case ended := <-m.ended: // another program may be what answered
			m.ended <- ended
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

// Stop ends the server.
func (m *Moto) Stop() {
	m.stop()
	<-m.ended
	m.ended <- nil
}

// Trace returns what the server printed last, if that is a failure of its own.
func (m *Moto) Trace() string {
	log, err := os.ReadFile(m.log)
	at := bytes.LastIndex(log, []byte("Traceback (most recent call last)"))
	if err != nil || at < 0 {
		return ""
	}
	return string(log[at:min(len(log), at+8000)])
}

// LeftOut returns the types of resources that the server said it leaves out.
func (m *Moto) LeftOut() ([]string, error) {
	log, err := os.ReadFile(m.log)
	if err != nil {
		return nil, err
	}
	var types []string
	for line := range bytes.Lines(log) {
		if _, found, ok := bytes.Cut(line, []byte("No Moto CloudFormation support for ")); ok {
			types = append(types, string(bytes.TrimSpace(found)))
		}
	}
	slices.Sort(types)
	return slices.Compact(types), nil
}

// motoEnv returns the environment of programs that use moto. Nothing of it leads to AWS:
// neither the user's variables nor the user's profiles.
func motoEnv(url, port string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			env = append(env, variable)
		}
	}
	return append(env,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION="+motoRegion, "AWS_DEFAULT_REGION="+motoRegion,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL="+url, "AWS_ENDPOINT_URL_S3="+url,
		// The CDK passes this one to CloudFormation, as the address of the template.
		"AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION=http://localhost:"+port,
		"NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost")
}
