package trigger

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/accepted"
	"github.com/mapjob/mapjob/constructs/gofunction"
)

// Authorization is how a webhook finds out who sends a request.
type Authorization string

const (
	// AWSIAM takes requests that are signed by a principal of AWS which may
	// invoke the URL.
	AWSIAM Authorization = "AWS_IAM"
	// HMAC takes requests with an HMAC-SHA256 of their timestamp, delivery ID
	// and body under a shared secret. Package delivery has the exact bytes.
	HMAC Authorization = "HMAC"
)

const (
	webhookPackage = "github.com/mapjob/mapjob/constructs/trigger/functions/webhook"

	// maxInputBytes is what StartExecution takes ("Step Functions service
	// quotas"), defaultBodyBytes what leaves the states some room: most hand
	// their input on with something beside it.
	maxInputBytes    = 262_144
	defaultBodyBytes = maxInputBytes - 16_384
)

// WebhookProps are the props of a webhook.
type WebhookProps struct {
	// StateMachine is what a delivery starts. It has to be Standard: an Express
	// one starts the same delivery twice.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Authorization is how the sender shows who it is.
	// Default: AWSIAM, for senders with AWS credentials; see GrantInvoke.
	Authorization Authorization

	// Secret is the secret of the signatures, all of its value. While it is
	// rotated, the value before the current one is good too.
	// Default: under HMAC there is one with 64 random characters.
	Secret awssecretsmanager.ISecret

	// SignatureHeader is the header of the signature, sha256= and 64
	// hexadecimal digits.
	// Default: under HMAC, X-Signature-256.
	SignatureHeader *string

	// TimestampHeader is the header of the time at which the sender has signed,
	// in seconds since 1970.
	// Default: under HMAC, X-Timestamp.
	TimestampHeader *string

	// DeliveryIDHeader is the header of the delivery's ID. Behind the webhook's
	// own, ID--DELIVERY, it names the execution: one delivery starts one
	// execution, however often it comes.
	// Default: X-Delivery-Id. A request without it is a delivery of its own,
	// under HMAC one that may come again with the same signature.
	DeliveryIDHeader *string

	// DeliveryIDMember is the member of the body that is the delivery's ID, in
	// place of a header.
	// Default: the ID is in the DeliveryIDHeader.
	DeliveryIDMember *string

	// MaxBodyBytes is how long a body may be, at most the 262,144 bytes that
	// Step Functions takes.
	// Default: 240 KiB, which leaves the states some room.
	MaxBodyBytes *float64

	// Timeout is the longest that a request may take, 2 to 30 seconds.
	// Default: a request is given up after 10 seconds.
	Timeout awscdk.Duration

	// ReservedConcurrency is how many requests are handled at once. Others are
	// answered with 429, for the sender to try again, and nobody who knows the
	// URL can use up what the account's other functions need.
	// Default: 10 requests are handled at once, which the account has to have
	// to spare: Lambda leaves a part of its concurrency, 100 as a rule,
	// unreserved.
	ReservedConcurrency *float64

	// EncryptionKey encrypts the function's logs and environment, and a secret
	// of the webhook's own. The policy of an imported key has to let CloudWatch
	// Logs use it.
	// Default: keys of CloudWatch Logs, Lambda and Secrets Manager encrypt them.
	EncryptionKey awskms.IKey

	// Description is shown with the function.
	// Default: it says that this is a webhook.
	Description *string
}

// Webhook is a webhook in a stack.
type Webhook interface {
	constructs.Construct

	// Url is where to send deliveries to.
	Url() *string

	// FunctionUrl is the URL of Lambda.
	FunctionUrl() awslambda.FunctionUrl

	// Function handles the requests.
	Function() awslambda.Function

	// Secret is the secret of the signatures. It is nil under AWSIAM.
	Secret() awssecretsmanager.ISecret

	// GrantInvoke lets a principal send deliveries under AWSIAM.
	GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant
}

type webhook struct {
	constructs.Construct
	function awslambda.Function
	url      awslambda.FunctionUrl
	secret   awssecretsmanager.ISecret
}

func (w *webhook) Url() *string                       { return w.url.Url() }
func (w *webhook) FunctionUrl() awslambda.FunctionUrl { return w.url }
func (w *webhook) Function() awslambda.Function       { return w.function }
func (w *webhook) Secret() awssecretsmanager.ISecret  { return w.secret }

func (w *webhook) GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant {
	return w.url.GrantInvokeUrl(grantee)
}

// NewWebhook starts a state machine for every delivery to a URL. A delivery is
// accepted when its execution has started: one that a job skips because another
// runs is not tried again. NewWebhook panics with
// every problem of the props at once, before it creates anything.
func NewWebhook(scope constructs.Construct, id *string, props *WebhookProps) Webhook {
	var settings WebhookProps
	if props != nil {
		settings = *props
	}
	settings.validate().Refuse(scope, id)
	settings = settings.withDefaults()

	this := &webhook{secret: settings.Secret}
	constructs.NewConstruct_Override(this, scope, id)
	if settings.Authorization == HMAC && this.secret == nil {
		this.secret = awssecretsmanager.NewSecret(this, jsii.String("Secret"), &awssecretsmanager.SecretProps{
			Description:          jsii.String("Signs the deliveries to a webhook"),
			EncryptionKey:        settings.EncryptionKey,
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{PasswordLength: jsii.Number(64), ExcludePunctuation: jsii.Bool(true)},
		})
		accepted.Finding(this.secret, "AwsSolutions-SMG4", "the sender has the secret too, so that it is rotated by both sides together")
	}
	this.function = gofunction.New(this, jsii.String("Function"), &gofunction.Props{
		Package:             jsii.String(webhookPackage),
		Description:         settings.Description,
		Timeout:             settings.Timeout,
		ReservedConcurrency: settings.ReservedConcurrency,
		EncryptionKey:       settings.EncryptionKey,
		Environment:         settings.environment(*id, this.secret),
	})
	settings.StateMachine.GrantStartExecution(this.function)
	authorization := awslambda.FunctionUrlAuthType_AWS_IAM
	if settings.Authorization == HMAC {
		authorization = awslambda.FunctionUrlAuthType_NONE // the function checks the signature
		this.secret.GrantRead(this.function, jsii.Strings("AWSCURRENT", "AWSPREVIOUS"))
	}
	this.url = this.function.AddFunctionUrl(&awslambda.FunctionUrlOptions{AuthType: authorization})
	return this
}

// withDefaults is a copy in which everything is set that has a default.
func (p WebhookProps) withDefaults() WebhookProps {
	if p.Authorization == "" {
		p.Authorization = AWSIAM
	}
	if p.Authorization == HMAC && p.SignatureHeader == nil {
		p.SignatureHeader = jsii.String("X-Signature-256")
	}
	if p.Authorization == HMAC && p.TimestampHeader == nil {
		p.TimestampHeader = jsii.String("X-Timestamp")
	}
	if p.DeliveryIDHeader == nil && p.DeliveryIDMember == nil {
		p.DeliveryIDHeader = jsii.String("X-Delivery-Id")
	}
	if p.MaxBodyBytes == nil {
		p.MaxBodyBytes = jsii.Number(defaultBodyBytes)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(10))
	}
	if p.ReservedConcurrency == nil {
		p.ReservedConcurrency = jsii.Number(10)
	}
	if p.Description == nil {
		p.Description = jsii.String("Starts an execution for each delivery to a webhook")
	}
	return p
}

// unplain is what a webhook's name does not have of its ID: what the name of an
// execution may not have, and two hyphens, which part it from the delivery's.
var unplain = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// environment is what functions/webhook reads.
func (p *WebhookProps) environment(id string, secret awssecretsmanager.ISecret) *map[string]*string {
	environment := map[string]*string{
		"WEBHOOK_NAME":      jsii.String(strings.Trim(unplain.ReplaceAllString(id, "-"), "-")),
		"STATE_MACHINE_ARN": p.StateMachine.StateMachineArn(),
		"AUTHORIZATION":     jsii.String(string(p.Authorization)),
		"MAX_BODY_BYTES":    jsii.Sprintf("%.0f", *p.MaxBodyBytes),
	}
	for name, value := range map[string]*string{
		"SIGNATURE_HEADER": p.SignatureHeader, "TIMESTAMP_HEADER": p.TimestampHeader,
		"DELIVERY_ID_HEADER": p.DeliveryIDHeader, "DELIVERY_ID_MEMBER": p.DeliveryIDMember,
	} {
		if value != nil {
			environment[name] = value
		}
	}
	if secret != nil {
		environment["SECRET_ARN"] = secret.SecretArn()
	}
	return &environment
}

// headerName is a token (RFC 9110, "Tokens").
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (p *WebhookProps) validate() (found problems) {
	found.checkStateMachine(p.StateMachine)
	if machine, ok := p.StateMachine.(awsstepfunctions.StateMachine); ok && machine.StateMachineType() == awsstepfunctions.StateMachineType_EXPRESS {
		found.Add("StateMachine: got an Express state machine, which starts an execution whose name has been there, expected a Standard one, which starts each delivery once")
	}
	if p.Authorization != "" && p.Authorization != AWSIAM && p.Authorization != HMAC {
		found.Add("Authorization: got %q, expected %q or %q", p.Authorization, AWSIAM, HMAC)
	}
	if p.Authorization != HMAC {
		if p.Secret != nil {
			found.Add("Secret: got a secret, expected none without Authorization %q", HMAC)
		}
		if p.SignatureHeader != nil {
			found.Add("SignatureHeader: got %q, expected none without Authorization %q", *p.SignatureHeader, HMAC)
		}
		if p.TimestampHeader != nil {
			found.Add("TimestampHeader: got %q, expected none without Authorization %q", *p.TimestampHeader, HMAC)
		}
	}
	found.checkHeaders(p.withDefaults())
	if p.DeliveryIDMember != nil {
		if *p.DeliveryIDMember == "" {
			found.Add("DeliveryIDMember: got an empty name, expected that of a member of the body")
		}
		if p.DeliveryIDHeader != nil {
			found.Add("DeliveryIDMember: got %q beside the DeliveryIDHeader %q, expected one of them", *p.DeliveryIDMember, *p.DeliveryIDHeader)
		}
	}
	found.Whole("MaxBodyBytes", p.MaxBodyBytes, 1, maxInputBytes)
	found.Duration("Timeout", p.Timeout, 2, 30)
	found.Whole("ReservedConcurrency", p.ReservedConcurrency, 1, 100_000)
	return found
}

// checkHeaders is about the names that apply, by default or not.
func (p *problems) checkHeaders(settings WebhookProps) {
	props := map[string]string{} // by the header's name, in which case does not count
	check := func(prop string, value *string) {
		if value == nil {
			return
		}
		if !headerName.MatchString(*value) {
			p.Add("%s: got %q, expected the name of a header", prop, *value)
		}
		name := strings.ToLower(*value)
		if other, taken := props[name]; taken {
			p.Add("%s: got %q, which is the %s, expected another header", prop, *value, other)
		}
		props[name] = prop
	}
	check("SignatureHeader", settings.SignatureHeader)
	check("TimestampHeader", settings.TimestampHeader)
	check("DeliveryIDHeader", settings.DeliveryIDHeader)
}
