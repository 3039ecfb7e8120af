package upgrading

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/constructs/trigger"
	"github.com/mapjob/mapjob/test/synthesis"
)

// replacing has the types of resources whose loss matters, each with the properties
// whose change replaces them (CloudFormation template reference, "Update requires:
// Replacement").
var replacing = map[string][]string{
	"AWS::CloudWatch::Alarm":           {"AlarmName"},
	"AWS::CloudWatch::Dashboard":       {"DashboardName"},
	"AWS::DynamoDB::Table":             {"TableName", "KeySchema", "ImportSourceSpecification"},
	"AWS::Events::Rule":                {"Name", "EventBusName"},
	"AWS::KMS::Key":                    {},
	"AWS::Lambda::EventSourceMapping":  {"EventSourceArn"},
	"AWS::Lambda::Function":            {"FunctionName", "PackageType", "TenancyConfig"},
	"AWS::Lambda::Url":                 {"TargetFunctionArn", "Qualifier"},
	"AWS::Lambda::Version":             {"FunctionName", "Description", "CodeSha256", "ProvisionedConcurrencyConfig", "RuntimePolicy"},
	"AWS::Logs::LogGroup":              {"LogGroupName"},
	"AWS::S3::Bucket":                  {"BucketName", "BucketNamePrefix", "BucketNamespace", "ObjectLockEnabled"},
	"AWS::SNS::Topic":                  {"TopicName", "FifoTopic"},
	"AWS::SQS::Queue":                  {"QueueName", "FifoQueue"},
	"AWS::Scheduler::Schedule":         {"Name"},
	"AWS::SecretsManager::Secret":      {"Name"},
	"AWS::StepFunctions::StateMachine": {"StateMachineName", "StateMachineType"},
}

// stateless are the types of resources that keep nothing: a new one is as good.
var stateless = []string{"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"}

// change is a change of the app, as docs/upgrading.md names it.
type change struct {
	name   string
	before func(*app) // nil: the app as it is
	after  func(*app)
}

// ofProps returns a change of a job's props.
func ofProps(edit func(awscdk.Stack, *mapjob.Props)) func(*app) {
	return func(a *app) { a.props = edit }
}

func mode(m mapjob.Mode) func(*app) {
	return ofProps(func(_ awscdk.Stack, p *mapjob.Props) { p.Mode = m })
}

func overlap(o joblock.Overlap) func(*app) {
	return ofProps(func(_ awscdk.Stack, p *mapjob.Props) { p.Overlap = o })
}

func changes() []change {
	inline, distributed, byReference := mode(&mapjob.Inline{}), mode(&mapjob.Distributed{}), mode(&mapjob.ByReference{})
	given := ofProps(func(s awscdk.Stack, p *mapjob.Props) { p.ResultsBucket = bucket(s, "Given") })
	return []change{
		{"The ID of the job", nil, func(a *app) { a.job = "Invoicing" }},
		{"The construct around the job", nil, func(a *app) { a.inside = "Jobs" }},
		{"The ID of the worker", nil, func(a *app) { a.worker = "Invoice" }},
		{"The code, the memory or the variables of the worker", nil, func(a *app) { a.memory = 512 }},
		{"The ID of a schedule", nil, func(a *app) { a.schedule = "AtThree" }},
		{"The times of a schedule", nil, func(a *app) { a.expression = "cron(0 3 * * ? *)" }},
		{"The ID of a webhook", nil, func(a *app) { a.webhook = "Supplier" }},
		{"`Authorization`, from `HMAC` to `StandardWebhooks`", nil, func(a *app) { a.authorization = &trigger.StandardWebhooks{} }},
		{"`Authorization`, from `HMAC` to `AWSIAM`", nil, func(a *app) { a.authorization = &trigger.AWSIAM{} }},
		{"`Mode`, from `Distributed` to `Inline`", distributed, inline},
		{"`Mode`, from `Inline` to `Distributed`", inline, distributed},
		{"`Mode`, from `Distributed` to `ByReference`", distributed, byReference},
		{"`Mode`, from `ByReference` to `Distributed`", byReference, distributed},
		{"`Children`, from `StandardChildren` to `ExpressChildren`", nil, mode(&mapjob.Distributed{Children: mapjob.ExpressChildren})},
		{"`ResultsBucket`, from the job's own to yours", nil, given},
		{"`ResultsBucket`, from yours to the job's own", given, nil},
		{"`ResultsBucket`, from one of yours to another", given, ofProps(func(s awscdk.Stack, p *mapjob.Props) { p.ResultsBucket = bucket(s, "Other") })},
		{"`Overlap`, from one policy to another", nil, overlap(&joblock.Replace{})},
		{"`Overlap`, removed", nil, overlap(nil)},
		{"`Overlap`, added", overlap(nil), nil},
		{"`LockTable`, from the job's own to yours", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) {
			p.LockTable = awsdynamodb.Table_FromTableName(s, jsii.String("Given"), jsii.String("given"))
		})},
		{"`Name`", nil, ofProps(func(_ awscdk.Stack, p *mapjob.Props) { p.Name = jsii.String("invoices") })},
		{"`Summary`, from the job's own to yours", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) { p.Summary = function(s, "Summary", "lambdas/summary") })},
		{"`Source`", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) { p.Source = &mapjob.CSV{Bucket: bucket(s, "In")} })},
		{"`Source`, to a `JobStart`", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) { p.JobStart = function(s, "JobStart", "lambdas/jobstart") })},
		{"`EncryptionKey`", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) { p.EncryptionKey = awskms.NewKey(s, jsii.String("Key"), nil) })},
		{"`LogData`, `LogRetention`, `Notify`, `Timeout`, `Results.Expiry`", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) {
			p.LogData, p.LogRetention, p.Timeout = jsii.Bool(true), awslogs.RetentionDays_ONE_DAY, awscdk.Duration_Hours(jsii.Number(1))
			p.Notify = observe.NewTopic(s, jsii.String("Alerts"), nil)
			p.Results = &mapjob.ResultsProps{Expiry: awscdk.Duration_Days(jsii.Number(7))}
		})},
		{"`RemovalPolicy`, to `RETAIN`", nil, ofProps(func(_ awscdk.Stack, p *mapjob.Props) { p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN })},
		{"`RemovalPolicy`, to `DESTROY`", nil, ofProps(func(_ awscdk.Stack, p *mapjob.Props) { p.RemovalPolicy = awscdk.RemovalPolicy_DESTROY })},
		{"`FunctionSettings`", nil, ofProps(func(s awscdk.Stack, p *mapjob.Props) {
			p.FunctionSettings = &gofunction.Settings{EphemeralStorageMB: jsii.Number(1024),
				Role: awsiam.Role_FromRoleName(s, jsii.String("Ours"), jsii.String("ours"), nil)}
		})},
		{"`PinVersions`", nil, ofProps(func(_ awscdk.Stack, p *mapjob.Props) { p.PinVersions = jsii.Bool(true) })},
	}
}

// effect is what a deployment does to resources that there were before.
type effect struct {
	lost []string // deleted, or replaced by empty ones
	kept []string // not in the stack any more, and not deleted
}

// compare returns the effect of deploying a template over another one.
func compare(t *testing.T, before, after *synthesis.Template) (e effect) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(before.Resources)) {
		old := before.Resources[id]
		properties, known := replacing[old.Type]
		if !known {
			if !slices.Contains(stateless, old.Type) {
				t.Errorf("%s: got type %s, expected one of replacing or stateless: add it", id, old.Type)
			}
			continue
		}
		now, there := after.Resources[id]
		policy := old.DeletionPolicy
		if there {
			policy = old.UpdateReplacePolicy
			if now.Type != old.Type {
				t.Errorf("%s: got type %s, then %s: CloudFormation refuses that", id, old.Type, now.Type)
			}
			if !replaced(properties, old, now) {
				continue
			}
		}
		if policy == "Retain" {
			e.kept = append(e.kept, nameOf(id, &old))
		} else {
			e.lost = append(e.lost, nameOf(id, &old))
		}
	}
	slices.Sort(e.lost)
	slices.Sort(e.kept)
	return e
}

func replaced(properties []string, old, now synthesis.Resource) bool {
	return slices.ContainsFunc(properties, func(name string) bool {
		before, _ := json.Marshal(old.Properties[name])
		after, _ := json.Marshal(now.Properties[name])
		return string(before) != string(after)
	})
}

// nameOf returns the path of a resource's construct in the stack.
func nameOf(id string, r *synthesis.Resource) string {
	path, _ := r.Metadata["aws:cdk:path"].(string)
	_, inStack, _ := strings.Cut(path, "/")
	return cmp.Or(strings.TrimSuffix(inStack, "/Resource"), id)
}

func TestAReplacementIsFound(t *testing.T) {
	before := &synthesis.Template{Resources: map[string]synthesis.Resource{
		"Same":    {Type: "AWS::SQS::Queue", Properties: map[string]any{"QueueName": "q", "DelaySeconds": 1.0}},
		"Named":   {Type: "AWS::SQS::Queue", Properties: map[string]any{"QueueName": "q"}},
		"Table":   {Type: "AWS::DynamoDB::Table", DeletionPolicy: "Delete", UpdateReplacePolicy: "Retain", Properties: map[string]any{"KeySchema": []any{"a"}}},
		"Gone":    {Type: "AWS::S3::Bucket", DeletionPolicy: "Delete", UpdateReplacePolicy: "Retain"},
		"Orphan":  {Type: "AWS::S3::Bucket", DeletionPolicy: "Retain", UpdateReplacePolicy: "Delete"},
		"Ignored": {Type: "AWS::IAM::Role"},
	}}
	after := &synthesis.Template{Resources: map[string]synthesis.Resource{
		"Same":  {Type: "AWS::SQS::Queue", Properties: map[string]any{"QueueName": "q", "DelaySeconds": 2.0}},
		"Named": {Type: "AWS::SQS::Queue", Properties: map[string]any{"QueueName": "r"}},
		"Table": {Type: "AWS::DynamoDB::Table", Properties: map[string]any{"KeySchema": []any{"b"}}},
	}}
	got := compare(t, before, after)
	if diff := gocmp.Diff(effect{lost: []string{"Gone", "Named"}, kept: []string{"Orphan", "Table"}}, got, gocmp.AllowUnexported(effect{})); diff != "" {
		t.Errorf("effect (-expected +got):\n%s", diff)
	}
}

// The table of docs/upgrading.md says what each change does.
func TestTheTableSaysWhatChangesCost(t *testing.T) {
	text, err := os.ReadFile("docs/upgrading.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| change | deleted, or replaced by empty ones | stays, outside the stack | how to keep it |\n| --- | --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := map[string]string{} // by the name of the change
	for row := range strings.SplitSeq(table, "\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		rows[name] = row
	}
	list := func(names []string) string {
		if len(names) == 0 {
			return "nothing"
		}
		return "`" + strings.Join(names, "`, `") + "`"
	}
	synthesize := func(edit func(*app)) *synthesis.Template {
		a := newApp()
		if edit != nil {
			edit(a)
		}
		return a.synthesize(t)
	}
	unchanged := synthesize(nil)
	for _, c := range changes() {
		before, after := unchanged, unchanged
		if c.before != nil {
			before = synthesize(c.before)
		}
		if c.after != nil {
			after = synthesize(c.after)
		}
		a, _ := json.Marshal(before)
		b, _ := json.Marshal(after)
		if string(a) == string(b) {
			t.Errorf("%s: got one template before and after, expected a change", c.name)
		}
		e := compare(t, before, after)
		expected := "| " + c.name + " | " + list(e.lost) + " | " + list(e.kept) + " | "
		if row := rows[c.name]; !strings.HasPrefix(row, expected) {
			t.Errorf("got the row\n%s\nexpected one that begins with\n%s", row, expected)
		}
		delete(rows, c.name)
	}
	if len(rows) > 0 {
		t.Errorf("got rows %v, expected changes of this test only", slices.Sorted(maps.Keys(rows)))
	}
}

// A job that moves keeps the resources that get their old logical IDs.
func TestMovedResourcesStay(t *testing.T) {
	moved := newApp()
	moved.inside = "Jobs"
	moved.created = func(job mapjob.Job) {
		for id, construct := range map[string]constructs.IConstruct{
			"NightlyLockTable32248C00":    job.Lock().Table(),
			"NightlyResults4E8F6373":      job.ResultsBucket(),
			"NightlyStateMachineF28BA435": job.StateMachine(),
		} {
			construct.Node().DefaultChild().(awscdk.CfnElement).OverrideLogicalId(&id)
		}
	}
	got := compare(t, newApp().synthesize(t), moved.synthesize(t))
	expected := effect{lost: []string{"Nightly/Accountant/Function", "Nightly/Accountant/Logs", "Nightly/Logs"}}
	if diff := gocmp.Diff(expected, got, gocmp.AllowUnexported(effect{})); diff != "" {
		t.Errorf("effect (-expected +got):\n%s", diff)
	}
}

// CloudFormation can't replace a resource whose physical name stays, and two stacks
// can't have one name.
func TestNamesAreGenerated(t *testing.T) {
	for id, r := range everyConstruct(t).Resources {
		for _, property := range replacing[r.Type] {
			name, set := r.Properties[property]
			if !set || !strings.HasSuffix(property, "Name") || r.Type == "AWS::Lambda::Version" {
				continue
			}
			text, _ := json.Marshal(name)
			if r.Type != "AWS::Logs::LogGroup" || !strings.Contains(string(text), `{"Ref":"AWS::StackName"}`) {
				t.Errorf("%s: got %s %s, expected none, or that of a log group with the stack's name in it", id, property, text)
			}
		}
	}
}

// A changed logical ID deletes or orphans what an app has deployed.
func TestLogicalIDsStay(t *testing.T) {
	var got []string
	for id, r := range everyConstruct(t).Resources {
		if _, ok := replacing[r.Type]; ok {
			got = append(got, r.Type+" "+id)
		}
	}
	slices.Sort(got)
	text, err := os.ReadFile("test/upgrading/testdata/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.Split(strings.TrimSpace(string(text)), "\n")
	if diff := gocmp.Diff(expected, got); diff != "" {
		t.Errorf("logical IDs (-expected +got):\n%s", diff)
	}
}
