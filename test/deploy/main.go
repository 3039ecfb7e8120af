// Command deploy bootstraps, deploys, changes, breaks and destroys the sample and an
// example with the CDK's command line, and checks with AWS's API what has arrived:
//
//	go run ./test/deploy -moto PROGRAM
//
// deploys to an account on this machine, which it makes of moto. With MAPJOB_AWS_ACCOUNT
// it deploys to that account of AWS, with the credentials of the environment.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	program := flag.String("moto", "moto_server", "the `program` that is moto's server")
	names := flag.String("apps", "", "only deploy these `apps`, such as map-job,examples")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := deploy(ctx, *names, *program, os.Getenv("MAPJOB_AWS_ACCOUNT"))
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "deploy: interrupted")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "deploy:", err)
		os.Exit(1)
	}
}

func deploy(ctx context.Context, names, program, id string) (failed error) {
	apps, err := named(names)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "mapjob-deploy-")
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, os.RemoveAll(folder)) }()
	if id == "" {
		return runLocally(ctx, apps, program, folder)
	}
	return run(ctx, os.Stdout, apps, folder, id)
}
