package joblock_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

const machineType = "AWS::StepFunctions::StateMachine"

// hold returns a stack with a state machine that has a state under a lock, and a
// state after it.
func hold(t *testing.T, props func(awscdk.Stack) *joblock.Props) (awscdk.Stack, joblock.Lock) {
	t.Helper()
	stack := synthesis.Stack(t)
	lock := joblock.New(stack, jsii.String("Lock"), props(stack))
	body := awsstepfunctions.Pass_Jsonata(stack, jsii.String("Body"), nil)
	after := awsstepfunctions.Pass_Jsonata(stack, jsii.String("After"), nil)
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body).Next(after)),
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
	})
	lock.Grant(machine)
	return stack, lock
}

// table creates a table that several locks can share.
func table(stack awscdk.Stack) awsdynamodb.ITable {
	return awsdynamodb.NewTable(stack, jsii.String("Locks"), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("lock"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
}

func minimal(awscdk.Stack) *joblock.Props { return &joblock.Props{Overlap: &joblock.Skip{}} }

func everything(stack awscdk.Stack) *joblock.Props {
	return &joblock.Props{
		Table: table(stack),
		Key:   jsii.String("nightly"),
		Overlap: &joblock.Wait{
			Limit:     awscdk.Duration_Minutes(jsii.Number(10)),
			PollEvery: awscdk.Duration_Seconds(jsii.Number(20)),
		},
	}
}

func of(overlap joblock.Overlap) func(awscdk.Stack) *joblock.Props {
	return func(awscdk.Stack) *joblock.Props { return &joblock.Props{Overlap: overlap} }
}

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *joblock.Props{
		"minimal": minimal, "everything": everything, "replace": of(&joblock.Replace{}), "fail": of(&joblock.Fail{}),
	} {
		t.Run(name, func(t *testing.T) {
			stack, _ := hold(t, props)
			template := synthesis.Reviewed(t, name, stack)
			machine := template.Only(t, machineType)
			synthesis.Snapshot(t, name+"-definition", template.Definition(t, machine))
			template.OmitTrust()
			delete(machine.Properties, "DefinitionString") // has a snapshot of its own, which can be read
			synthesis.Snapshot(t, name+"-template", template.Resources)
		})
	}
}

func TestRoleHasOnlyNeededPermissions(t *testing.T) {
	executions := `,"Effect":"Allow","Resource":{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":states:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},` +
		`":execution:",{"Fn::GetAtt":["MACHINE","Name"]},":*"]]}}`
	items := func(key string) string {
		return `{"Action":["dynamodb:DeleteItem","dynamodb:GetItem","dynamodb:PutItem"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":[` +
			key + `]}},"Effect":"Allow","Resource":{"Fn::GetAtt":["TABLE","Arn"]}}`
	}
	own := items(`{"Ref":"MACHINE"}`)
	for name, c := range map[string]struct {
		props    func(awscdk.Stack) *joblock.Props
		expected []string
	}{
		"minimal":    {minimal, []string{own, `{"Action":"states:GetExecutionHistory"` + executions}},
		"everything": {everything, []string{items(`"nightly"`), `{"Action":"states:GetExecutionHistory"` + executions}},
		"fail":       {of(&joblock.Fail{}), []string{own, `{"Action":"states:GetExecutionHistory"` + executions}},
		"replace":    {of(&joblock.Replace{}), []string{own, `{"Action":["states:GetExecutionHistory","states:StopExecution"]` + executions}},
	} {
		t.Run(name, func(t *testing.T) {
			stack, _ := hold(t, c.props)
			template := synthesis.Synthesize(t, stack)
			replace := []string{}
			for id := range template.OfType(machineType) {
				replace = append(replace, id, "MACHINE")
			}
			for id := range template.OfType("AWS::DynamoDB::Table") {
				replace = append(replace, id, "TABLE")
			}
			var got []string
			for _, s := range template.Statements("") {
				got = append(got, strings.NewReplacer(replace...).Replace(s))
			}
			if !slices.Equal(got, c.expected) {
				t.Errorf("got\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(c.expected, "\n"))
			}
		})
	}
}

func TestEncryptionKey(t *testing.T) {
	stack, _ := hold(t, func(s awscdk.Stack) *joblock.Props {
		return &joblock.Props{Overlap: &joblock.Skip{}, EncryptionKey: awskms.NewKey(s, jsii.String("Key"), nil)}
	})
	template := synthesis.Synthesize(t, stack)
	sse, _ := template.Only(t, "AWS::DynamoDB::Table").Properties["SSESpecification"].(map[string]any)
	if sse["SSEType"] != "KMS" || sse["KMSMasterKeyId"] == nil {
		t.Errorf("got SSESpecification %v, expected the key", sse)
	}
	if !slices.ContainsFunc(template.Statements("LockAccess"), func(s string) bool { return strings.Contains(s, "kms:Decrypt") }) {
		t.Errorf("got %s, expected the state machine to be allowed to use the key", template.Statements("StateMachineRole"))
	}
}

// CloudFormation refuses a template with a cycle, but only when it is deployed.
func TestResourcesHaveNoCycle(t *testing.T) {
	for _, props := range []func(awscdk.Stack) *joblock.Props{minimal, everything, of(&joblock.Replace{})} {
		stack, _ := hold(t, props)
		template := synthesis.Synthesize(t, stack)
		open := map[string]bool{}
		var visit func(id string)
		visit = func(id string) {
			if open[id] {
				t.Fatalf("got a cycle through %s", id)
			}
			open[id] = true
			for _, next := range dependencies(template, id) {
				visit(next)
			}
			delete(open, id)
		}
		seen := 0
		for id := range template.Resources {
			visit(id)
			seen += len(dependencies(template, id))
		}
		if seen == 0 {
			t.Error("got no dependencies, expected some")
		}
	}
}

// dependencies returns the resources that a resource names or depends on.
func dependencies(template *synthesis.Template, id string) []string {
	r := template.Resources[id]
	text, _ := json.Marshal([]any{r.Properties, r.DependsOn})
	var ids []string
	for other := range template.Resources {
		if other != id && strings.Contains(string(text), `"`+other+`"`) {
			ids = append(ids, other)
		}
	}
	return ids
}

func TestLocksShareATable(t *testing.T) {
	stack := synthesis.Stack(t)
	shared := table(stack)
	for _, id := range []string{"A", "B", "C"} {
		scope := awscdk.NewNestedStack(stack, jsii.String(id), nil)
		lock := joblock.New(scope, jsii.String("Lock"), &joblock.Props{Overlap: &joblock.Skip{}, Table: shared})
		if lock.Table() != shared {
			t.Errorf("got another table for %s, expected the one that was given", id)
		}
	}
	if n := len(synthesis.Synthesize(t, stack).OfType("AWS::DynamoDB::Table")); n != 1 {
		t.Errorf("got %d tables, expected one", n)
	}
}

func TestExpressStateMachinesAreRefused(t *testing.T) {
	stack := synthesis.Stack(t)
	lock := joblock.New(stack, jsii.String("Lock"), &joblock.Props{Overlap: &joblock.Skip{}})
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("StateMachine"), &awsstepfunctions.StateMachineProps{
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(awsstepfunctions.Pass_Jsonata(stack, jsii.String("Body"), nil))),
		StateMachineType: awsstepfunctions.StateMachineType_EXPRESS,
	})
	if message := synthesis.Panics(t, func() { lock.Grant(machine) }); !strings.Contains(message, "Test/Lock: got a state machine of type EXPRESS, expected STANDARD") {
		t.Errorf("got %q, expected it to say that Express executions have no history", message)
	}
}

func TestTableStaysIfItIsRetained(t *testing.T) {
	for policy, expected := range map[awscdk.RemovalPolicy]string{"": "Delete", awscdk.RemovalPolicy_RETAIN: "Retain"} {
		stack := synthesis.Stack(t)
		joblock.New(stack, jsii.String("Lock"), &joblock.Props{Overlap: &joblock.Skip{}, RemovalPolicy: policy})
		if got := synthesis.Synthesize(t, stack).Only(t, "AWS::DynamoDB::Table").DeletionPolicy; got != expected {
			t.Errorf("%q: got the deletion policy %s, expected %s", policy, got, expected)
		}
	}
}

func TestPropsAreNotChanged(t *testing.T) {
	wait := &joblock.Wait{}
	props := &joblock.Props{Overlap: wait}
	joblock.New(synthesis.Stack(t), jsii.String("Lock"), props)
	if props.Table != nil || wait.PollEvery != nil || wait.Limit != nil {
		t.Errorf("got %+v, expected the caller's props as they were", props)
	}
}

func TestBadProps(t *testing.T) {
	stack := synthesis.Stack(t)
	shared, key := table(stack), awskms.NewKey(stack, jsii.String("Key"), nil)
	seconds := func(n float64) awscdk.Duration { return awscdk.Duration_Seconds(&n) }
	skip, waits := &joblock.Skip{}, func(w joblock.Wait) *joblock.Props { return &joblock.Props{Overlap: &w} }
	for name, c := range map[string]struct {
		props    *joblock.Props
		expected []string
	}{
		"a table that stays": {&joblock.Props{Overlap: skip, Table: shared, RemovalPolicy: awscdk.RemovalPolicy_RETAIN}, []string{`RemovalPolicy: got "RETAIN" with a Table, which has its own; expected one of them`}},
		"no props":           {nil, []string{"Overlap: got nothing, expected &joblock.Skip{}"}},
		"empty key":          {&joblock.Props{Overlap: skip, Key: jsii.String("")}, []string{"Key: got 0 bytes, expected 1 to 2048"}},
		"long key":           {&joblock.Props{Overlap: skip, Key: jsii.String(strings.Repeat("k", 2049))}, []string{"Key: got 2049 bytes, expected 1 to 2048"}},
		"expression as key":  {&joblock.Props{Overlap: skip, Key: jsii.String("{% $states.input.tenant %}")}, []string{"Key: got the expression {% $states.input.tenant %}, expected a name that is known at synth"}},
		"two encryptions":    {&joblock.Props{Overlap: skip, Table: shared, EncryptionKey: key}, []string{"EncryptionKey: got a key with a Table"}},
		"polls all the time": {waits(joblock.Wait{PollEvery: seconds(0)}), []string{"Overlap.PollEvery: got 0 s, expected whole seconds from 1 s to 365 days"}},
		"polls by halves":    {waits(joblock.Wait{PollEvery: awscdk.Duration_Millis(jsii.Number(1500))}), []string{"Overlap.PollEvery: got 1.5 s, expected whole seconds"}},
		"polls once":         {waits(joblock.Wait{PollEvery: seconds(60), Limit: seconds(30)}), []string{"Overlap.Limit: got 30 s, expected at least PollEvery, which is 60 s"}},
		"waits for ever":     {waits(joblock.Wait{PollEvery: seconds(1e6), Limit: awscdk.Duration_Days(jsii.Number(366))}), []string{"Overlap.Limit: got 31622400 s, expected whole seconds from 1 s to 365 days"}},
		"fills the history":  {waits(joblock.Wait{PollEvery: seconds(1)}), []string{"Overlap.PollEvery: got 1 s, which is 3600 times in the Limit of 3600 s, expected at most 500 times"}},
		"unknown at synth":   {waits(joblock.Wait{PollEvery: awscdk.Duration_Seconds(awscdk.Token_AsNumber(map[string]any{"Ref": "Poll"}))}), []string{"Overlap.PollEvery: got a token, expected a duration that is known at synth"}},
		"all at once":        {&joblock.Props{Key: jsii.String(""), Table: shared, EncryptionKey: key}, []string{"Overlap: got", "Key: got 0 bytes", "EncryptionKey: got a key"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(*stack.Node().Children())
			message := synthesis.Panics(t, func() { joblock.New(stack, jsii.String("Lock"), c.props) })
			for _, expected := range append(c.expected, "Test/Lock: ") {
				if !strings.Contains(message, expected) {
					t.Errorf("got %q, expected it to contain %q", message, expected)
				}
			}
			if len(*stack.Node().Children()) != before {
				t.Error("got a construct in the stack, expected none to be created from bad props")
			}
		})
	}
}
