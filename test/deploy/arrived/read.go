package arrived

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/template"
)

// Clients are clients of the services whose resources are read.
type Clients struct {
	CloudFormation *cloudformation.Client
	Logs           *cloudwatchlogs.Client
	DynamoDB       *dynamodb.Client
	IAM            *iam.Client
	Lambda         *lambda.Client
	S3             *s3.Client
	StepFunctions  *sfn.Client
	SNS            *sns.Client
	SQS            *sqs.Client

	account, region string
	assets          string // the bucket of assets
}

// NewClients returns clients.
func NewClients(config aws.Config, account string) *Clients {
	return &Clients{
		CloudFormation: cloudformation.NewFromConfig(config),
		Logs:           cloudwatchlogs.NewFromConfig(config),
		DynamoDB:       dynamodb.NewFromConfig(config),
		IAM:            iam.NewFromConfig(config),
		Lambda:         lambda.NewFromConfig(config),
		S3:             s3.NewFromConfig(config, func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }),
		StepFunctions:  sfn.NewFromConfig(config),
		SNS:            sns.NewFromConfig(config),
		SQS:            sqs.NewFromConfig(config),
		account:        account,
		region:         config.Region,
		assets:         "cdk-hnb659fds-assets-" + account + "-" + config.Region,
	}
}

// read asks for the properties of a resource, if its type is one that is read. They have
// the names and forms of the template.
func (c *Clients) read(ctx context.Context, s *Stack, id string, r *Resource) error {
	if r.Type == "AWS::IAM::Policy" {
		return c.readPolicy(ctx, s, id, r)
	}
	readers := map[string]func(context.Context, *Resource) (map[string]any, error){
		"AWS::DynamoDB::Table":             c.table,
		"AWS::IAM::Role":                   c.role,
		"AWS::Lambda::EventSourceMapping":  c.mapping,
		"AWS::Lambda::Function":            c.function,
		"AWS::Logs::LogGroup":              c.logGroup,
		"AWS::S3::Bucket":                  c.bucket,
		"AWS::SNS::Topic":                  c.topic,
		"AWS::SQS::Queue":                  c.queue,
		"AWS::StepFunctions::StateMachine": c.machine,
	}
	read, ok := readers[r.Type]
	if !ok {
		return nil
	}
	properties, err := read(ctx, r)
	r.Properties = properties
	return err
}

// object returns a value as an object of JSON.
func object(value any) (map[string]any, error) {
	decoded, err := plain(value)
	if err != nil {
		return nil, err
	}
	o, ok := decoded.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("got %v, expected an object", decoded)
	}
	return o, nil
}

// only keeps some members of an object, if they have a value.
func only(o map[string]any, names ...string) map[string]any {
	kept := map[string]any{}
	for _, name := range names {
		if o[name] != nil {
			kept[name] = o[name]
		}
	}
	return kept
}

func (c *Clients) function(ctx context.Context, r *Resource) (map[string]any, error) {
	f, err := c.Lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	o, err := object(f.Configuration)
	if err != nil {
		return nil, err
	}
	p := only(o, "Architectures", "Description", "Environment", "EphemeralStorage", "Handler", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout", "TracingConfig")
	p["Code"] = aws.ToString(f.Configuration.CodeSha256)
	if f.Concurrency != nil && f.Concurrency.ReservedConcurrentExecutions != nil {
		p["ReservedConcurrentExecutions"] = float64(*f.Concurrency.ReservedConcurrentExecutions)
	}
	return p, nil
}

// code returns the SHA-256 of the archive that was uploaded for a function, as Lambda
// has it. It fails if the archive has other files than the ones that were synthesized.
func (c *Clients) code(ctx context.Context, r *template.Resource) (string, error) {
	var p struct{ Code struct{ S3Key string } }
	if err := r.Decode(&p); err != nil {
		return "", err
	}
	folder, ok := r.Stack.Asset(p.Code.S3Key)
	if !ok {
		return "", fmt.Errorf("%s: got the code %q, expected an asset of the app", r.ID, p.Code.S3Key)
	}
	expected, err := hashes(os.DirFS(filepath.Clean(folder)))
	if err != nil {
		return "", err
	}
	stored, err := c.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &c.assets, Key: &p.Code.S3Key})
	if err != nil {
		return "", fmt.Errorf("s3://%s/%s: %w", c.assets, p.Code.S3Key, err)
	}
	defer stored.Body.Close()
	archive, err := io.ReadAll(stored.Body)
	if err != nil {
		return "", err
	}
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return "", err
	}
	got, err := hashes(reader)
	if err != nil {
		return "", err
	}
	if !maps.Equal(got, expected) {
		return "", fmt.Errorf("s3://%s/%s: got the files %v, expected %v, as they were synthesized", c.assets, p.Code.S3Key, got, expected)
	}
	sum := sha256.Sum256(archive)
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}

// hashes returns the SHA-256 of files by their names.
func hashes(files fs.FS) (map[string]string, error) {
	sums := map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		sum := sha256.Sum256(content)
		sums[name] = hex.EncodeToString(sum[:])
		return err
	})
	return sums, err
}

func (c *Clients) machine(ctx context.Context, r *Resource) (map[string]any, error) {
	m, err := c.StepFunctions.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	o, err := object(m)
	if err != nil {
		return nil, err
	}
	p := only(o, "LoggingConfiguration", "RoleArn", "TracingConfiguration")
	p["DefinitionString"], p["StateMachineType"] = aws.ToString(m.Definition), string(m.Type)
	return p, nil
}

// document decodes a policy, which IAM encodes for URLs. Moto returns some of them as
// Python writes them.
func document(text *string) (any, error) {
	plain, err := url.QueryUnescape(aws.ToString(text))
	if err != nil {
		return nil, err
	}
	var decoded any
	if json.Unmarshal([]byte(plain), &decoded) == nil {
		return decoded, nil
	}
	return decoded, json.Unmarshal([]byte(strings.ReplaceAll(plain, "'", `"`)), &decoded)
}

func (c *Clients) role(ctx context.Context, r *Resource) (map[string]any, error) {
	role, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	assume, err := document(role.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	listed, err := c.IAM.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	policies := map[string]any{} // by name: those of AWS::IAM::Policy are among them
	for _, name := range listed.PolicyNames {
		p, err := c.policyOf(ctx, r.PhysicalID, name)
		if err != nil {
			return nil, err
		}
		policies[name] = p
	}
	return map[string]any{"AssumeRolePolicyDocument": assume, "Policies": policies}, nil
}

func (c *Clients) policyOf(ctx context.Context, role, name string) (map[string]any, error) {
	got, err := c.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	if err != nil {
		return nil, err
	}
	text, err := document(got.PolicyDocument)
	return map[string]any{"PolicyName": name, "PolicyDocument": text}, err
}

// readPolicy reads a policy. Its physical ID is no name of IAM: it is found among the
// policies of the stack's roles, by the logical ID, which is the name that the CDK gives
// it. One that has another name is not read.
func (c *Clients) readPolicy(ctx context.Context, s *Stack, id string, r *Resource) error {
	for _, role := range s.Resources {
		if role.Type != "AWS::IAM::Role" {
			continue
		}
		p, err := c.policyOf(ctx, role.PhysicalID, id)
		if isGone(err) {
			continue
		}
		r.Properties = p
		return err
	}
	return nil
}

func (c *Clients) table(ctx context.Context, r *Resource) (map[string]any, error) {
	t, err := c.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	recovery, err := c.DynamoDB.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	o, err := object(t.Table)
	if err != nil {
		return nil, err
	}
	p := only(o, "AttributeDefinitions", "GlobalSecondaryIndexes", "KeySchema")
	if t.Table.BillingModeSummary != nil {
		p["BillingMode"] = string(t.Table.BillingModeSummary.BillingMode)
	}
	enabled := false
	if d := recovery.ContinuousBackupsDescription; d != nil && d.PointInTimeRecoveryDescription != nil {
		enabled = d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == "ENABLED"
	}
	p["PointInTimeRecoverySpecification"] = map[string]any{"PointInTimeRecoveryEnabled": enabled}
	return p, nil
}

func (c *Clients) mapping(ctx context.Context, r *Resource) (map[string]any, error) {
	m, err := c.Lambda.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	o, err := object(m)
	if err != nil {
		return nil, err
	}
	p := only(o, "BatchSize", "EventSourceArn", "FunctionResponseTypes", "ScalingConfig")
	p["FunctionName"] = name(aws.ToString(m.FunctionArn))
	return p, nil
}

func (c *Clients) logGroup(ctx context.Context, r *Resource) (map[string]any, error) {
	groups, err := c.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	for _, g := range groups.LogGroups {
		if aws.ToString(g.LogGroupName) == r.PhysicalID {
			p := map[string]any{"LogGroupName": r.PhysicalID}
			if g.RetentionInDays != nil {
				p["RetentionInDays"] = float64(*g.RetentionInDays)
			}
			return p, nil
		}
	}
	return nil, fmt.Errorf("log group %s: %w", r.PhysicalID, errNone)
}

func (c *Clients) bucket(ctx context.Context, r *Resource) (map[string]any, error) {
	p := map[string]any{}
	encryption, err := c.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &r.PhysicalID})
	if err = optional(err, "ServerSideEncryptionConfigurationNotFoundError"); err != nil {
		return nil, err
	}
	if encryption != nil && encryption.ServerSideEncryptionConfiguration != nil {
		rules := []any{}
		for _, rule := range encryption.ServerSideEncryptionConfiguration.Rules {
			rules = append(rules, map[string]any{"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)}})
		}
		p["BucketEncryption"] = map[string]any{"ServerSideEncryptionConfiguration": rules}
	}
	access, err := c.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &r.PhysicalID})
	if err = optional(err, "NoSuchPublicAccessBlockConfiguration"); err != nil {
		return nil, err
	}
	if access != nil && access.PublicAccessBlockConfiguration != nil {
		p["PublicAccessBlockConfiguration"], err = object(access.PublicAccessBlockConfiguration)
		if err != nil {
			return nil, err
		}
	}
	lifecycle, err := c.S3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &r.PhysicalID})
	if err = optional(err, "NoSuchLifecycleConfiguration"); err != nil {
		return nil, err
	}
	if lifecycle != nil {
		rules := []any{}
		for _, rule := range lifecycle.Rules {
			told := map[string]any{"Id": aws.ToString(rule.ID), "Status": string(rule.Status)}
			if rule.Expiration != nil && rule.Expiration.Days != nil {
				told["ExpirationInDays"] = float64(*rule.Expiration.Days)
			}
			if abort := rule.AbortIncompleteMultipartUpload; abort != nil {
				told["AbortIncompleteMultipartUpload"] = map[string]any{"DaysAfterInitiation": float64(aws.ToInt32(abort.DaysAfterInitiation))}
			}
			rules = append(rules, told)
		}
		p["LifecycleConfiguration"] = map[string]any{"Rules": rules}
	}
	logging, err := c.S3.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	if logging.LoggingEnabled != nil {
		p["LoggingConfiguration"] = map[string]any{"DestinationBucketName": aws.ToString(logging.LoggingEnabled.TargetBucket), "LogFilePrefix": aws.ToString(logging.LoggingEnabled.TargetPrefix)}
	}
	return p, nil
}

// optional ignores an error that says that something is not set.
func optional(err error, code string) error {
	if failed, ok := errors.AsType[smithy.APIError](err); ok && failed.ErrorCode() == code {
		return nil
	}
	return err
}

// topic reads a topic. The template may name its key by the ID alone.
func (c *Clients) topic(ctx context.Context, r *Resource) (map[string]any, error) {
	t, err := c.SNS.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &r.PhysicalID})
	if err != nil {
		return nil, err
	}
	p := map[string]any{}
	if key := t.Attributes["KmsMasterKeyId"]; key != "" {
		p["KmsMasterKeyId"] = key
	}
	return p, nil
}

func (c *Clients) queue(ctx context.Context, r *Resource) (map[string]any, error) {
	q, err := c.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &r.PhysicalID, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		return nil, err
	}
	p := map[string]any{}
	for _, name := range []string{"MessageRetentionPeriod", "SqsManagedSseEnabled", "VisibilityTimeout"} {
		if told, ok := q.Attributes[name]; ok {
			p[name] = told
		}
	}
	if text, ok := q.Attributes["RedrivePolicy"]; ok {
		var policy any
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			return nil, err
		}
		p["RedrivePolicy"] = policy
	}
	return p, nil
}
