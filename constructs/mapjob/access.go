package mapjob

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/accepted"
)

// unknownKeys is why objects are named by patterns.
const unknownKeys = "the keys of an execution's objects are not known before it runs"

// permission is a statement of a policy, and the ending of its resource where
// that is a pattern.
type permission struct {
	statement awsiam.PolicyStatement
	ending    string
}

func allow(resource *string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{resource}})
}

// objects are those of a bucket whose keys have an ending: "/*" are all.
func objects(bucket awss3.IBucket, ending string, actions ...string) permission {
	return permission{allow(jsii.String(*bucket.BucketArn()+ending), actions...), ending}
}

// keyOf is what reading, or writing as well, takes of a bucket's own key.
func keyOf(bucket awss3.IBucket, actions ...string) []permission {
	if key := bucket.EncryptionKey(); key != nil {
		return []permission{{statement: allow(key.KeyArn(), actions...)}}
	}
	return nil
}

// grant lets each part reach the objects that it reads or writes, and no
// others. What the states need in the results bucket they bring along, but
// for a key of its own.
func (j *mapJob) grant(settings *Props) {
	var states []permission
	if j.results != nil {
		states = append(states, keyOf(j.results, "kms:Decrypt", "kms:GenerateDataKey")...)
	}
	if settings.JobStart == nil { // the Map reads the items where they are
		states = append(states, readSource(settings)...)
	}
	for _, p := range states {
		j.stateMachine.AddToRolePolicy(p.statement)
	}
	// "/*" are objects, ":*" the versions of a function and the executions.
	role := j.stateMachine.Role()
	if policy := role.Node().TryFindChild(jsii.String("DefaultPolicy")); policy != nil { // states of a person's own may need nothing
		accepted.Wildcards(policy, unknownKeys+"; a function is named with all its versions", "/*", ":*")
	}
	if settings.Mode == Distributed {
		accepted.Wildcards(j.stateMachine.Node().FindChild(jsii.String("DistributedMapPolicy")),
			"the names of the executions that it may describe, stop and redrive, those of this state machine, are made up as they start", ":*", "/*:*")
		j.grantFunctions(settings)
	} else if j.results != nil {
		j.access("SummaryAccess", settings.Summary, j.put("report/*"))
	}
}

// grantFunctions lets the functions of a Distributed job read and write in the
// job's own folder of the results bucket, which other jobs may share.
func (j *mapJob) grantFunctions(settings *Props) {
	start := []permission{j.put("items-*.jsonl")}
	worker := []permission{j.put("outcomes/*")}
	summary := []permission{j.put("report/*"), j.get("*"), j.list("results/*")}
	if settings.Items == ByReference {
		summary = append(summary, j.list("outcomes/*")) // of a child that failed, nobody says what it stored
		start = append(start, j.put("chunks/*"))
		worker = append(worker, j.get("chunks/*"), j.get("outcomes/*"), j.list("outcomes/*"))
	}
	if settings.startsItself {
		start = append(start, readSource(settings)...)
		if settings.source().Bucket == nil { // the input says where in the bucket the items are
			start = append(start, objects(j.results, "/*", "s3:GetObject"))
		}
	}
	if settings.JobStart == nil && settings.source().Format == JSONLines { // the items are read once more
		if bucket := settings.source().Bucket; bucket != nil {
			summary = append(append(summary, objects(bucket, "/*", "s3:GetObject")), keyOf(bucket, "kms:Decrypt")...)
		} else {
			summary = append(summary, objects(j.results, "/*", "s3:GetObject"))
		}
	}
	if settings.itemByItem() {
		worker = nil
	}
	j.access("JobStartAccess", settings.JobStart, start...)
	j.access("WorkerAccess", settings.Worker, worker...)
	j.access("SummaryAccess", settings.Summary, summary...)
}

// readSource is what it takes to read the items in a bucket of their own.
func readSource(settings *Props) []permission {
	source := settings.source()
	if source.Bucket == nil {
		return nil
	}
	permissions := append([]permission{objects(source.Bucket, "/*", "s3:GetObject")}, keyOf(source.Bucket, "kms:Decrypt")...)
	if source.Format == ObjectList {
		permissions = append(permissions, permission{statement: allow(source.Bucket.BucketArn(), "s3:ListBucket")})
	}
	return permissions
}

// access is a policy of the job's own for a function. In the function's policy
// it could not name the state machine, which has to know the function first.
func (j *mapJob) access(id string, function awslambda.IFunction, permissions ...permission) {
	if len(permissions) == 0 || function == nil {
		return
	}
	// Writing in parts reads back what it wrote, so each takes both of a key's actions.
	permissions = append(permissions, keyOf(j.results, "kms:Decrypt", "kms:GenerateDataKey")...)
	if function.Role() == nil {
		j.warnOwner(id, permissions)
		return
	}
	var statements []awsiam.PolicyStatement
	var endings []string
	for _, p := range permissions {
		statements = append(statements, p.statement)
		if p.ending != "" && !slices.Contains(endings, p.ending) {
			endings = append(endings, p.ending)
		}
	}
	policy := awsiam.NewPolicy(j, jsii.String(id), &awsiam.PolicyProps{Statements: &statements, Roles: &[]awsiam.IRole{function.Role()}})
	accepted.Wildcards(policy, unknownKeys, endings...)
}

// warnOwner says what the role of an imported function needs: it is its owner's.
func (j *mapJob) warnOwner(id string, permissions []permission) {
	var needs []string
	for _, p := range permissions {
		var actions []string
		for _, action := range *p.statement.Actions() {
			actions = append(actions, *action)
		}
		on := "the bucket or its key"
		if p.ending != "" {
			on = "its objects " + p.ending
		}
		needs = append(needs, strings.Join(actions, ", ")+" on "+on)
	}
	awscdk.Annotations_Of(j).AddWarningV2(jsii.String("mapjob:imported-function:"+id), jsii.String(fmt.Sprintf(
		"%s: got an imported function without its role, expected one whose role the job may extend; its owner has to allow, in %s, %s",
		id, *j.results.Node().Path(), strings.Join(needs, "; "))))
}

func (j *mapJob) GrantRead(bucket awss3.IBucket) {
	read := append([]permission{objects(bucket, "/*", "s3:GetObject")}, keyOf(bucket, "kms:Decrypt")...)
	for _, p := range read {
		j.stateMachine.AddToRolePolicy(p.statement)
	}
	id := "Read" + *awscdk.Names_UniqueId(bucket)
	if j.settings.startsItself {
		j.access("JobStart"+id, j.settings.JobStart, read...)
	}
	j.access("Summary"+id, j.settings.Summary, read...)
}

// GrantTaskResponse names the children of the Map as well, which are executions
// of a state machine with a name of their own, NAME/LABEL.
func (j *mapJob) GrantTaskResponse(grantee awsiam.IGrantable) awsiam.Grant {
	arn := j.stateMachine.StateMachineArn()
	return awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      grantee,
		Actions:      jsii.Strings("states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"),
		ResourceArns: &[]*string{arn, jsii.String(*arn + "/*")},
	})
}

// inExecutions is an ending of the objects of this job's executions.
func (j *mapJob) inExecutions(keys string) string {
	return "/" + *j.stateMachine.StateMachineName() + "/*/" + keys
}

func (j *mapJob) put(keys string) permission {
	return permission{objects(j.results, j.inExecutions(keys), "s3:PutObject", "s3:AbortMultipartUpload").statement, "/*/" + keys}
}

func (j *mapJob) get(keys string) permission {
	return permission{objects(j.results, j.inExecutions(keys), "s3:GetObject").statement, "/*/" + keys}
}

func (j *mapJob) list(keys string) permission {
	return permission{statement: awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("s3:ListBucket"),
		Resources: &[]*string{j.results.BucketArn()},
		Conditions: &map[string]any{"StringLike": map[string]any{
			"s3:prefix": *j.stateMachine.StateMachineName() + "/*/" + keys,
		}},
	})}
}
