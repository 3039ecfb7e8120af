package joblock

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/jsonata"
)

func (l *jobLock) Grant(stateMachine awsstepfunctions.StateMachine) {
	if kind := stateMachine.StateMachineType(); kind == awsstepfunctions.StateMachineType_EXPRESS {
		panic(fmt.Errorf("%s: got a state machine of type %s, expected STANDARD: Express executions have no history that can be read", *l.Node().Path(), kind))
	}
	key := l.itemKey
	if key == nil {
		key = stateMachine.StateMachineArn()
	}
	executions := []*string{jsii.String("states:GetExecutionHistory")}
	if _, ok := l.overlap.(*Replace); ok {
		executions = append(executions, jsii.String("states:StopExecution"))
	}
	policy := awsiam.NewPolicy(l, jsii.String("Access"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{stateMachine.Role()},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions:   jsii.Strings("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
				Resources: &[]*string{l.table.TableArn()},
				// Not the other locks in the same table (DynamoDB developer guide,
				// "Using IAM policy conditions for fine-grained access control").
				Conditions: &jsonata.Object{"ForAllValues:StringEquals": jsonata.Object{"dynamodb:LeadingKeys": []*string{key}}},
			}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: &executions,
				Resources: &[]*string{awscdk.Stack_Of(stateMachine).FormatArn(&awscdk.ArnComponents{
					Service:      jsii.String("states"),
					Resource:     jsii.String("execution"),
					ResourceName: jsii.String(*stateMachine.StateMachineName() + ":*"),
					ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
				})},
			}),
		},
	})
	accepted.Wildcards(policy, "any execution of this state machine may own the lock", ":*")
	if encryption := l.table.EncryptionKey(); encryption != nil {
		// DynamoDB uses the key on behalf of the caller (DynamoDB developer guide,
		// "Authorizing use of your customer managed key").
		policy.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
				"kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
			Resources: &[]*string{encryption.KeyArn()},
		}))
	}
}
