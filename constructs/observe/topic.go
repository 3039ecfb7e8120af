package observe

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The services that publish: alarms and rules.
const (
	alarmsService = "cloudwatch.amazonaws.com"
	rulesService  = "events.amazonaws.com"
)

// TopicProps are the props of a topic.
type TopicProps struct {
	// EncryptionKey encrypts the messages. The policy of an imported key must let
	// CloudWatch and EventBridge use it.
	// Default: the topic creates a key, for $1 a month. The free key of SNS does
	// not let alarms and rules use it.
	EncryptionKey awskms.IKey

	// Emails are addresses that get every message, once they have confirmed the
	// subscription.
	// Default: there are no subscriptions.
	Emails []string
}

// NewTopic creates an encrypted topic for alarms, rules and notifications of this
// account. It takes messages over TLS only.
func NewTopic(scope constructs.Construct, id *string, props *TopicProps) awssns.Topic {
	if props == nil {
		props = &TopicProps{}
	}
	this := constructs.NewConstruct(scope, id)
	key := props.EncryptionKey
	if key == nil {
		key = awskms.NewKey(this, jsii.String("Key"), &awskms.KeyProps{
			Description:       jsii.String("Messages of " + *this.Node().Path()),
			EnableKeyRotation: jsii.Bool(true),
			RemovalPolicy:     awscdk.RemovalPolicy_DESTROY, // it is deleted after 30 days, when SNS has no message left
		})
	}
	// (SNS developer guide, "Enable compatibility between event sources from
	// AWS services and encrypted topics")
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AlarmsAndRules"),
		Principals: &[]awsiam.IPrincipal{service(alarmsService), service(rulesService)},
		Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"),
		Resources:  jsii.Strings("*"), // in the policy of a key: the key
	}), jsii.Bool(true))

	topic := awssns.NewTopic(this, jsii.String("Topic"), &awssns.TopicProps{MasterKey: key, EnforceSSL: jsii.Bool(true)})
	// A policy replaces the default one, which lets the account's alarms publish.
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Alarms"),
		Principals: &[]awsiam.IPrincipal{service(alarmsService)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(this).Account()}},
	}))
	for _, address := range props.Emails {
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(&address, nil))
	}
	return topic
}

func service(name string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(&name, nil)
}
