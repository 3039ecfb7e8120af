package trigger

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

const (
	webhookPackage = "github.com/mapjob/mapjob/constructs/trigger/functions/webhook"

	// maxInputBytes is the longest input of StartExecution ("Step Functions
	// service quotas"). The default is the longest that a job takes.
	maxInputBytes    = protocol.MaxPayload
	defaultBodyBytes = protocol.MaxInput

	defaultWebhookSeconds     = 10
	defaultWebhookConcurrency = 10
)

// WebhookProps are the props of a webhook.
type WebhookProps struct {
	// StateMachine is the state machine that a delivery starts. It has to be a
	// Standard one: an Express one would start the same delivery twice. If an imported
	// one is encrypted with a customer managed key, grant the webhook's Function
	// kms:Decrypt of that key: the webhook compares a repeated delivery with the first.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Authorization is how the webhook identifies the sender of a request:
	// &StandardWebhooks{}, &HMAC{} or &AWSIAM{}.
	// Default: &AWSIAM{}, for senders with AWS credentials.
	Authorization Authorization

	// MaxBodyBytes is the longest body, at most the 262,144 bytes that Step
	// Functions takes.
	// Default: 240,000 bytes, the largest input of a job.
	MaxBodyBytes *float64

	// AllowControl allows bodies with members that steer the job, those whose names
	// begin with mapjob. Every sender can then steer the job.
	// Default: such a body is refused with 400.
	AllowControl *bool

	// Timeout is the longest that a request may take, 2 to 30 seconds.
	// Default: 10 seconds.
	Timeout awscdk.Duration

	// FunctionSettings are the network, the role, and other settings that the webhook's
	// function has in common with other functions. The webhook's ReservedConcurrency
	// replaces theirs.
	// Default: the function is in no VPC and has a role of its own.
	FunctionSettings *gofunction.Settings

	// ReservedConcurrency is how many requests are handled at once. More are
	// answered with 429, for the sender to try again. It also keeps a flood of
	// requests from using the concurrency of the account's other functions.
	// Default: that of the FunctionSettings, or 10 requests. The account needs that much concurrency to spare:
	// Lambda keeps some of it, usually 100, unreserved.
	ReservedConcurrency *float64

	// LogRetention is how long the function's logs are kept.
	// Default: logs expire after a month.
	LogRetention awslogs.RetentionDays

	// RemovalPolicy is what happens to the function's logs, and to a secret that the
	// webhook creates, when they or the stack are deleted:
	// awscdk.RemovalPolicy_DESTROY, _RETAIN or _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: both are deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the function's logs and environment, and a secret
	// that the webhook creates. The policy of an imported key must let
	// CloudWatch Logs use it.
	// Default: keys of CloudWatch Logs, Lambda and Secrets Manager encrypt them.
	EncryptionKey awskms.IKey

	// Description is the description of the function.
	// Default: "Starts an execution for each delivery to a webhook".
	Description *string
}

// Webhook is a webhook in a stack.
type Webhook interface {
	constructs.Construct

	// Name returns the name of the webhook: a part of its ID, a hash of its path and a
	// part of the stack's ID. It begins the names of the executions, is alike in every
	// deployment of the stack and differs from that of every other webhook. A sender
	// under HMAC signs it.
	Name() *string

	// URL returns the URL to send deliveries to.
	URL() *string

	// FunctionURL returns the function URL of Lambda.
	FunctionURL() awslambda.FunctionUrl

	// Function returns the function that handles the requests.
	Function() awslambda.Function

	// Secret returns the secret of the signatures. It is nil under AWSIAM.
	Secret() awssecretsmanager.ISecret

	// GrantInvoke lets a principal send deliveries under AWSIAM.
	GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant
}

type webhook struct {
	constructs.Construct
	name     *string
	function awslambda.Function
	url      awslambda.FunctionUrl
	secret   awssecretsmanager.ISecret
	nameless bool // as in authorization
}

func (w *webhook) Name() *string                      { return w.name }
func (w *webhook) URL() *string                       { return w.url.Url() }
func (w *webhook) FunctionURL() awslambda.FunctionUrl { return w.url }
func (w *webhook) Function() awslambda.Function       { return w.function }
func (w *webhook) Secret() awssecretsmanager.ISecret  { return w.secret }

func (w *webhook) GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant {
	return w.url.GrantInvokeUrl(grantee)
}

// NewWebhook creates a URL that starts a state machine for every delivery. The
// answer to a delivery is 202 as soon as its execution has started, with
// {"execution": NAME, "executionArn": ARN}. It says nothing about how the execution
// ends: a job that skips an execution has accepted the delivery. A refused delivery
// gets {"message": …}, with 429 or 503 if the sender should send it again, and with
// 409 if a delivery with this ID and another body came before.
//
// NewWebhook panics with every problem of the props at once, before it
// creates anything.
func NewWebhook(scope constructs.Construct, id *string, props *WebhookProps) Webhook {
	var settings WebhookProps
	if props != nil {
		settings = *props
	}
	found := settings.validate()
	settings = settings.withDefaults()
	authorization := settings.Authorization.resolve()
	authorization.validateSecret(scope, &found)
	found.Refuse(scope, id)

	this := &webhook{secret: authorization.secret, nameless: authorization.nameless}
	constructs.NewConstruct_Override(this, scope, id)
	this.name = nameOf(this, *id)
	if authorization.signed && this.secret == nil {
		this.secret = awssecretsmanager.NewSecret(this, jsii.String("Secret"), &awssecretsmanager.SecretProps{
			Description:          jsii.String("Signs the deliveries to a webhook"),
			EncryptionKey:        settings.EncryptionKey,
			RemovalPolicy:        settings.RemovalPolicy,
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{PasswordLength: jsii.Number(64), ExcludePunctuation: jsii.Bool(true)},
		})
		accepted.Finding(this.secret, "AwsSolutions-SMG4", "the sender has the secret too, so that it is rotated by both sides together")
	}
	this.function = gofunction.New(this, jsii.String("Function"), &gofunction.Props{
		Package:             jsii.String(webhookPackage),
		Description:         settings.Description,
		Timeout:             settings.Timeout,
		ReservedConcurrency: settings.ReservedConcurrency,
		Settings:            settings.FunctionSettings,
		LogRetention:        settings.LogRetention,
		RemovalPolicy:       settings.RemovalPolicy,
		EncryptionKey:       settings.EncryptionKey,
		Environment:         settings.environment(this.name, &authorization, this.secret),
	})
	this.grant(settings.StateMachine, settings.FunctionSettings != nil && settings.FunctionSettings.Role != nil)
	urlAuthorization := awslambda.FunctionUrlAuthType_AWS_IAM
	if authorization.signed {
		urlAuthorization = awslambda.FunctionUrlAuthType_NONE // the function checks the signature
		this.secret.GrantRead(this.function, jsii.Strings("AWSCURRENT", "AWSPREVIOUS"))
	}
	this.url = this.function.AddFunctionUrl(&awslambda.FunctionUrlOptions{AuthType: urlAuthorization})
	return this
}

// withDefaults returns a copy with every default set.
func (p WebhookProps) withDefaults() WebhookProps {
	if p.Authorization == nil {
		p.Authorization = &AWSIAM{}
	}
	if p.MaxBodyBytes == nil {
		p.MaxBodyBytes = jsii.Number(defaultBodyBytes)
	}
	if p.AllowControl == nil {
		p.AllowControl = jsii.Bool(false)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(defaultWebhookSeconds))
	}
	if p.ReservedConcurrency == nil && p.FunctionSettings != nil {
		p.ReservedConcurrency = p.FunctionSettings.ReservedConcurrency
	}
	if p.ReservedConcurrency == nil {
		p.ReservedConcurrency = jsii.Number(defaultWebhookConcurrency)
	}
	if p.Description == nil {
		p.Description = jsii.String("Starts an execution for each delivery to a webhook")
	}
	return p
}

// environment returns the environment of functions/webhook.
func (p *WebhookProps) environment(name *string, authorization *authorization, secret awssecretsmanager.ISecret) *map[string]*string {
	environment := map[string]*string{
		protocol.WebhookName:            name,
		protocol.WebhookStateMachineARN: p.StateMachine.StateMachineArn(),
		protocol.WebhookAuthorization:   &authorization.name,
		protocol.WebhookAllowControl:    jsii.String(strconv.FormatBool(*p.AllowControl)),
		protocol.WebhookMaxBodyBytes:    jsii.Sprintf("%.0f", *p.MaxBodyBytes),
	}
	for name, value := range map[string]string{
		protocol.WebhookSignatureHeader: authorization.signatureHeader, protocol.WebhookTimestampHeader: authorization.timestampHeader,
		protocol.WebhookDeliveryIDHeader: authorization.deliveryIDHeader, protocol.WebhookDeliveryIDMember: authorization.deliveryIDMember,
	} {
		if value != "" {
			environment[name] = &value
		}
	}
	if secret != nil {
		environment[protocol.WebhookSecretARN] = secret.SecretArn()
	}
	return &environment
}

func (p *WebhookProps) validate() (found refusal.Problems) {
	validateStateMachine(p.StateMachine, &found)
	if machine, ok := p.StateMachine.(awsstepfunctions.StateMachine); ok && machine.StateMachineType() == awsstepfunctions.StateMachineType_EXPRESS {
		found.Add("StateMachine: got an Express state machine, which may start two executions of one name, expected a Standard one, which starts each delivery once")
	}
	if p.Authorization != nil {
		p.Authorization.validate(&found)
	}
	found.Whole("MaxBodyBytes", p.MaxBodyBytes, 1, maxInputBytes)
	found.Duration("Timeout", p.Timeout, 2, 30)
	found.Whole("ReservedConcurrency", p.ReservedConcurrency, 1, 100_000)
	found.AddAll("FunctionSettings.", p.FunctionSettings.Validate())
	if s := p.FunctionSettings; s != nil && s.ReservedConcurrency != nil && *s.ReservedConcurrency == 0 && p.ReservedConcurrency == nil {
		found.Add("FunctionSettings.ReservedConcurrency: got 0, expected 1 or more, or a ReservedConcurrency of the webhook: it would answer no request")
	}
	found.RemovalPolicy("RemovalPolicy", p.RemovalPolicy)
	found.Text("Description", p.Description, 256) // of its function
	return found
}
