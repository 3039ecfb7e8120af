package arrived

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// Exists reports whether there is a stack with a name.
func Exists(ctx context.Context, c *Clients, name string) (bool, error) {
	described, err := c.CloudFormation.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if failed, ok := errors.AsType[smithy.APIError](err); ok && failed.ErrorCode() == "ValidationError" && strings.Contains(failed.ErrorMessage(), "does not exist") {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return described.Stacks[0].StackStatus != "DELETE_COMPLETE", nil
}

// Left lists the resources of a deleted stack that are still there, by their logical IDs.
// Only types whose properties are read can be told from those that are gone.
func Left(ctx context.Context, c *Clients, s *Stack) ([]string, error) {
	var left []string
	for id, r := range s.Resources {
		if r.Properties == nil {
			continue
		}
		again := &Resource{Type: r.Type, PhysicalID: r.PhysicalID}
		err := c.read(ctx, s, id, again)
		switch {
		case isGone(err) || (err == nil && again.Properties == nil):
		case err != nil:
			return nil, fmt.Errorf("%s (%s): %w", id, r.Type, err)
		default:
			left = append(left, id)
		}
	}
	slices.Sort(left)
	return left, nil
}

// errNone says that a list has no resource of a name.
var errNone = errors.New("got none of this name")

// isGone reports whether an error says that a resource does not exist.
func isGone(err error) bool {
	if errors.Is(err, errNone) {
		return true
	}
	failed, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains([]string{
		"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", // SQS
		"NoSuchBucket", "NotFound", // S3, and SNS
		"NoSuchEntity",              // IAM
		"ResourceNotFoundException", // DynamoDB, Lambda, Logs
		"StateMachineDoesNotExist",  // Step Functions
	}, failed.ErrorCode())
}

// Delete deletes a bucket with all of its objects, or a table: what stays when the sample
// is deleted.
func Delete(ctx context.Context, c *Clients, r *Resource) error {
	switch r.Type {
	case "AWS::DynamoDB::Table":
		_, err := c.DynamoDB.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &r.PhysicalID})
		return err
	case "AWS::S3::Bucket":
		pages := s3.NewListObjectsV2Paginator(c.S3, &s3.ListObjectsV2Input{Bucket: &r.PhysicalID})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			var objects []types.ObjectIdentifier
			for _, o := range page.Contents {
				objects = append(objects, types.ObjectIdentifier{Key: o.Key})
			}
			if len(objects) == 0 {
				continue
			}
			deleted, err := c.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &r.PhysicalID, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)}})
			if err != nil {
				return err
			}
			if len(deleted.Errors) > 0 {
				return fmt.Errorf("s3://%s/%s: %s", r.PhysicalID, aws.ToString(deleted.Errors[0].Key), aws.ToString(deleted.Errors[0].Message))
			}
		}
		_, err := c.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &r.PhysicalID})
		return err
	}
	return fmt.Errorf("got a %s, expected a bucket or a table", r.Type)
}
