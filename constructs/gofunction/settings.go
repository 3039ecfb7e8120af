package gofunction

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Limits of AWS Lambda ("Lambda quotas", function configuration).
const (
	minStorageMB, maxStorageMB = 512, 10240
	maxLayers                  = 5
	maxSecurityGroups          = 5
	maxSubnets                 = 16
	maxConcurrency             = 100_000 // more than accounts are given
)

// Settings are what the functions of an app have in common. An app writes them once,
// for the functions that it creates with New and for those that a job or a webhook
// creates. A function with a prop of its own has that in place of the settings':
//
//	ours := &gofunction.Settings{Network: &gofunction.Network{VPC: vpc}, Role: role}
//	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Package: …, Settings: ours})
//	mapjob.New(stack, jsii.String("Nightly"), &mapjob.Props{Worker: worker, FunctionSettings: ours})
type Settings struct {
	// Network is the network that the functions run in.
	// Default: the functions are in no VPC.
	Network *Network

	// Role is the role of all functions with these settings: each of them then has the
	// permissions of all. It gets the permissions that the functions need for their
	// logs, traces and network, and what the app grants to them. If the CDK can't change
	// the role, such as an imported role of another account, it must have them already:
	// a warning says so. IAM takes 10,240 characters of inline policies in a role, enough
	// for some 15 functions; the synthesis fails if they are certainly more.
	// Default: each function has a role of its own.
	Role awsiam.IRole

	// Layers have files that the functions find below /opt, and extensions. They
	// must fit the functions' architecture: the functions of a job and of a webhook
	// run on arm64.
	// Default: no layers.
	Layers []awslambda.ILayerVersion

	// EphemeralStorageMB is the size of /tmp in megabytes, 512 to 10,240.
	// Default: 512 MB.
	EphemeralStorageMB *float64

	// DeadLetterQueue gets the events of asynchronous invocations that failed each
	// time. A job, a webhook and a queue invoke no function that way.
	// Default: Lambda drops such events.
	DeadLetterQueue awssqs.IQueue

	// ReservedConcurrency is how many invocations of each function run at once, at
	// most. The account's concurrency is reduced by that number for each function.
	// Default: the functions share the account's unreserved concurrency.
	ReservedConcurrency *float64
}

// Network is a network that a function runs in.
type Network struct {
	// VPC is the function's VPC. A function in it reaches the internet and AWS only
	// through what the VPC has for that: a NAT gateway, or endpoints.
	// Required.
	VPC awsec2.IVpc

	// Subnets selects the subnets of the VPC.
	// Default: its private subnets.
	Subnets *awsec2.SubnetSelection

	// SecurityGroups are the function's security groups.
	// Default: the function has a security group of its own, which lets it send
	// anything and receive nothing.
	SecurityGroups []awsec2.ISecurityGroup
}

// Validate returns every problem of the settings. A construct that creates functions
// with settings that it is given calls it, so that it can report these problems with
// its own. Validate accepts nil.
func (s *Settings) Validate() error {
	var found refusal.Problems
	if s == nil {
		return nil
	}
	if s.Network != nil {
		s.Network.validate(&found)
	}
	if n := len(s.Layers); n > maxLayers {
		found.Add("Layers: got %d, expected at most %d", n, maxLayers)
	}
	found.Whole("EphemeralStorageMB", s.EphemeralStorageMB, minStorageMB, maxStorageMB)
	if q := s.DeadLetterQueue; q != nil && q.Fifo() != nil && *q.Fifo() {
		found.Add("DeadLetterQueue: got a FIFO queue, expected a standard queue")
	}
	found.Whole("ReservedConcurrency", s.ReservedConcurrency, 0, maxConcurrency)
	return found.Err()
}

func (n *Network) validate(found *refusal.Problems) {
	if n.VPC == nil {
		found.Add("Network.VPC: got nothing, expected the VPC of the network")
		return
	}
	if got := len(n.SecurityGroups); got > maxSecurityGroups {
		found.Add("Network.SecurityGroups: got %d, expected at most %d", got, maxSecurityGroups)
	}
	switch public, subnets, err := n.selected(); {
	case err != nil:
		found.Add("Network.Subnets: got a selection that fits no subnet of the VPC, expected private subnets of it: %w", err)
	case public:
		found.Add("Network.Subnets: got public subnets, expected private ones: a function has no public address, and reaches nothing outside the VPC from there")
	case subnets > maxSubnets:
		found.Add("Network.Subnets: got a selection of %d subnets, expected at most %d", subnets, maxSubnets)
	}
}

// selected reports whether some of the selected subnets are public, and how many there
// are.
func (n *Network) selected() (public bool, subnets int, err error) {
	defer func() { // the CDK throws if it finds no subnet
		if thrown := recover(); thrown != nil {
			var ok bool
			if err, ok = thrown.(error); !ok {
				err = fmt.Errorf("%v", thrown)
			}
		}
	}()
	selected := n.VPC.SelectSubnets(n.Subnets)
	if len(*selected.SubnetIds) == 0 && !*selected.IsPendingLookup {
		return false, 0, errors.New("the selection is empty")
	}
	return *selected.HasPublic, len(*selected.SubnetIds), nil
}

// settings returns the settings of one function: its own props, and what they share
// with other functions.
func (p *Props) settings() *Settings {
	var s Settings
	if p.Settings != nil {
		s = *p.Settings
	}
	s.Network = cmp.Or(p.Network, s.Network)
	s.Role = cmp.Or(p.Role, s.Role)
	if p.Layers != nil {
		s.Layers = p.Layers
	}
	s.EphemeralStorageMB = cmp.Or(p.EphemeralStorageMB, s.EphemeralStorageMB)
	s.DeadLetterQueue = cmp.Or(p.DeadLetterQueue, s.DeadLetterQueue)
	s.ReservedConcurrency = cmp.Or(p.ReservedConcurrency, s.ReservedConcurrency)
	return &s
}
