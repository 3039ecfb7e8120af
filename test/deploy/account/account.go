// Package account finds the account of AWS that the apps are deployed to.
package account

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Account is an account of AWS.
type Account struct {
	ID, Region string
	Config     aws.Config
	Env        []string // of programs that use the account
}

// Of returns the account with a number, which the credentials of the environment must
// belong to.
func Of(ctx context.Context, id string) (*Account, error) {
	if len(id) != 12 || strings.Trim(id, "0123456789") != "" {
		return nil, fmt.Errorf("MAPJOB_AWS_ACCOUNT: got %q, expected the 12 digits of an account", id)
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, errors.New("found no region of AWS: set AWS_REGION, or a region in the profile")
	}
	caller, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("asking AWS whose credentials these are: %w", err)
	}
	if got := aws.ToString(caller.Account); got != id {
		return nil, fmt.Errorf("got credentials of account %s (%s), expected those of %s, as MAPJOB_AWS_ACCOUNT says: nothing was created", got, aws.ToString(caller.Arn), id)
	}
	return &Account{ID: id, Region: cfg.Region, Config: cfg,
		Env: append(os.Environ(), "AWS_REGION="+cfg.Region, "AWS_DEFAULT_REGION="+cfg.Region)}, nil
}

// Environment returns the name of the account and region as the CDK has it.
func (a *Account) Environment() string { return "aws://" + a.ID + "/" + a.Region }
