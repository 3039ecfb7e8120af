package mapjob

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/rolepolicy"
	"github.com/mapjob/mapjob/internal/protocol"
)

// unknownKeys is the reason for patterns in place of keys.
const unknownKeys = "the keys of an execution's objects are not known before it runs"

// permission is a statement of a policy. If its resource is a pattern, ending is
// how the pattern ends.
type permission struct {
	statement awsiam.PolicyStatement
	ending    string
}

func allow(resource *string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &[]*string{resource}})
}

// objects allows actions on the objects of a bucket whose ARNs end with a
// pattern, "/*" for all objects.
func objects(bucket awss3.IBucket, ending string, actions ...string) permission {
	return permission{allow(jsii.String(*bucket.BucketArn()+ending), actions...), ending}
}

// keyOf allows actions on the key that encrypts a bucket, if it has one.
func keyOf(bucket awss3.IBucket, actions ...string) []permission {
	if key := bucket.EncryptionKey(); key != nil {
		return []permission{{statement: allow(key.KeyArn(), actions...)}}
	}
	return nil
}

// resultWriter is the Map's result writer without the CDK's permissions, which are
// for the whole bucket: with them the Map would read any object that an input names,
// and the results of other jobs.
type resultWriter struct {
	awsstepfunctions.ResultWriterV2
}

func newResultWriter(props *awsstepfunctions.ResultWriterV2Props) awsstepfunctions.ResultWriterV2 {
	w := &resultWriter{}
	awsstepfunctions.NewResultWriterV2_Override(w, props)
	return w
}

// ProvidePolicyStatements implements the CDK's ResultWriterV2.
func (w *resultWriter) ProvidePolicyStatements() *[]awsiam.PolicyStatement {
	return &[]awsiam.PolicyStatement{}
}

// grant lets each part of the job reach the objects that it reads or writes, and
// no others.
func (j *mapJob) grant() {
	settings := j.settings
	var states []permission
	if j.results != nil {
		states = append(states, keyOf(j.results, "kms:Decrypt", "kms:GenerateDataKey")...)
	}
	if j.functions.jobStart == nil { // the Map reads the items where they are
		states = append(states, settings.sourceReader.permissions()...)
	}
	states = append(states, j.pinned()...)
	for _, p := range states {
		j.stateMachine.AddToRolePolicy(p.statement)
	}
	// "/*" are objects, ":*" the versions of a function and the executions.
	role := j.stateMachine.Role()
	if policy := role.Node().TryFindChild(jsii.String("DefaultPolicy")); policy != nil { // the states of a Processor may need no permission
		accepted.Wildcards(policy, unknownKeys+"; a function is named with all its versions", "/*", ":*")
	}
	if !settings.mode.inline {
		policy := j.stateMachine.Node().FindChild(jsii.String("DistributedMapPolicy")).(awsiam.Policy)
		policy.AddStatements(allow(j.children(protocol.MapLabel), "states:DescribeExecution", "states:StopExecution")) // the CDK's statement has the executions only
		if settings.bringsRerunMap() {                                                                                 // of which the CDK does not know
			policy.AddStatements(allow(j.children(protocol.RerunMapLabel), "states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"))
		}
		accepted.Wildcards(policy,
			"the names of this state machine's executions are not known before they start", ":*")
		j.grantMap()
		j.grantFunctions()
	} else if j.results != nil {
		j.grantInline()
	}
}

// grantInline lets the summary of an Inline job write the report. For a rerun the
// states look up the object with its items, and functions read it.
func (j *mapJob) grantInline() {
	summary := []permission{j.put(protocol.ReportFolder + "/*")}
	if j.settings.canRerun() {
		policy := awsiam.NewPolicy(j, jsii.String("RerunAccess"), &awsiam.PolicyProps{
			Statements: &[]awsiam.PolicyStatement{j.getOwn().statement},
			Roles:      &[]awsiam.IRole{j.stateMachine.Role()},
		})
		accepted.Wildcards(policy, unknownKeys, "/*")
		j.access("ChunkerAccess", j.functions.rerun, j.getOwn())
		summary = append(summary, j.getOwn())
	}
	j.access("SummaryAccess", j.functions.summary, summary...)
}

// grantMap lets the Map read items in the job's own folder of the results bucket,
// and write its results there (Step Functions developer guide, "IAM policies for
// exporting Distributed Map results"). The role's own policy can't name the state
// machine, which depends on it.
func (j *mapJob) grantMap() {
	written := j.inExecutions(protocol.ResultsFolder + "/*")
	policy := awsiam.NewPolicy(j, jsii.String("MapAccess"), &awsiam.PolicyProps{
		Statements: &[]awsiam.PolicyStatement{
			j.getOwn().statement,
			objects(j.results, written, "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts").statement,
		},
		Roles: &[]awsiam.IRole{j.stateMachine.Role()},
	})
	accepted.Wildcards(policy, unknownKeys, "/*", "/*/"+protocol.ResultsFolder+"/*")
}

// grantFunctions lets the functions of a Distributed job read and write in the
// job's own folder of the results bucket, which other jobs may share.
func (j *mapJob) grantFunctions() {
	const (
		chunks   = protocol.ChunksFolder + "/*"
		outcomes = protocol.OutcomesFolder + "/*"
	)
	settings := j.settings
	start := []permission{j.put(protocol.ItemsOf(protocol.Object{Key: protocol.ItemsFile}, "*").Key)}
	worker := []permission{j.put(outcomes)}
	summary := []permission{j.put(protocol.ReportFolder + "/*"), j.getOwn(), j.list(protocol.ResultsFolder + "/*")}
	if settings.mode.byReference {
		summary = append(summary, j.list(outcomes)) // a child that failed does not say what it stored
		start = append(start, j.put(chunks))
		worker = append(worker, j.get(chunks), j.get(outcomes), j.list(outcomes))
	}
	if settings.bringsChunker() {
		start = append(start, settings.sourceReader.permissions()...)
		start = append(start, j.getOwn()) // the input may name an object, and that of a rerun does
	}
	j.access("ChunkerAccess", j.functions.rerun, append(start, j.getOwn())...)
	if settings.itemByItem() {
		worker = nil
	}
	j.access("JobStartAccess", j.functions.jobStart, start...)
	j.access("WorkerAccess", j.functions.worker, worker...)
	j.access("SummaryAccess", j.functions.summary, summary...)
}

// permissions returns what reading the items in the Source's buckets takes.
func (r *itemReader) permissions() (permissions []permission) {
	buckets := r.inputBuckets
	if r.bucket != nil {
		buckets = []awss3.IBucket{r.bucket}
	}
	for _, bucket := range buckets {
		permissions = append(permissions, objects(bucket, "/*", "s3:GetObject"))
		permissions = append(permissions, keyOf(bucket, "kms:Decrypt")...)
	}
	if r.format == protocol.FormatObjects {
		permissions = append(permissions, permission{statement: allow(r.bucket.BucketArn(), "s3:ListBucket")})
	}
	return permissions
}

// access creates a policy for a function. The function's own policy can't name
// the state machine, which depends on it.
func (j *mapJob) access(id string, function awslambda.IFunction, permissions ...permission) {
	if len(permissions) == 0 || function == nil {
		return
	}
	// A multipart upload reads what it wrote: writing takes both actions of the key.
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
	policy := rolepolicy.New(j, id, function.Role(), statements...)
	accepted.Wildcards(policy, unknownKeys, endings...)
}

// warnOwner warns about the role of an imported function, which the job can't
// change.
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
	j.warn("%s: got an imported function without its role, expected one whose role the job may extend; its owner has to allow, in %s, %s",
		id, *j.results.Node().Path(), strings.Join(needs, "; "))
}

// GrantTaskResponse implements [Job]. It includes the children of the Map, whose
// state machine is called NAME/LABEL.
func (j *mapJob) GrantTaskResponse(grantee awsiam.IGrantable) awsiam.Grant {
	arn := j.stateMachine.StateMachineArn()
	grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      grantee,
		Actions:      jsii.Strings("states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"),
		ResourceArns: &[]*string{arn, jsii.String(*arn + "/*")},
	})
	if principal, ok := grantee.GrantPrincipal().(constructs.IConstruct); ok {
		if policy := principal.Node().TryFindChild(jsii.String("DefaultPolicy")); policy != nil {
			accepted.Wildcards(policy, "the task tokens belong to the children of the Map, whose state machines have names below the job's", "/*")
		}
	}
	return grant
}

// children returns the pattern of the ARNs of a Map's child executions.
func (j *mapJob) children(label string) *string {
	return awscdk.Stack_Of(j).FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("states"),
		Resource:     jsii.String("execution"),
		ResourceName: jsii.String(*j.stateMachine.StateMachineName() + "/" + label + ":*"),
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

// inExecutions returns the ending of the ARNs of objects of this job's executions.
func (j *mapJob) inExecutions(keys string) string {
	return "/" + *j.stateMachine.StateMachineName() + "/*/" + keys
}

// getOwn allows to read everything in the job's own folder of the results bucket,
// which has no folder for the execution if others stored it there.
func (j *mapJob) getOwn() permission {
	return permission{objects(j.results, "/"+*j.stateMachine.StateMachineName()+"/*", "s3:GetObject").statement, "/*"}
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
