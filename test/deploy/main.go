// Command deploy bootstraps, deploys, changes, breaks and destroys the sample and an
// example with the CDK's command line, and checks with AWS's API what has arrived:
//
//	go run ./test/deploy -moto PROGRAM
//
// deploys to moto, which it starts. With MAPJOB_AWS_ACCOUNT it deploys to that account of
// AWS, with the credentials of the environment.
package main

import (
	"context"
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
	apps, err := named(*names)
	if err == nil {
		err = run(ctx, apps, *program, os.Getenv("MAPJOB_AWS_ACCOUNT"))
	}
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
