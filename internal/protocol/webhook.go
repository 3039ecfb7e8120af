package protocol

// Variables in the environment of a webhook's function.
const (
	WebhookName             = "WEBHOOK_NAME" // begins the names of executions, and is signed under HMAC
	WebhookStateMachineARN  = "STATE_MACHINE_ARN"
	WebhookAuthorization    = "AUTHORIZATION" // one of those below
	WebhookSecretARN        = "SECRET_ARN"
	WebhookSignatureHeader  = "SIGNATURE_HEADER"
	WebhookTimestampHeader  = "TIMESTAMP_HEADER"
	WebhookDeliveryIDHeader = "DELIVERY_ID_HEADER"
	WebhookDeliveryIDMember = "DELIVERY_ID_MEMBER"
	WebhookAllowControl     = "ALLOW_CONTROL" // true or false
	WebhookMaxBodyBytes     = "MAX_BODY_BYTES"
)

// Ways to authorize a request to a webhook.
const (
	AuthorizationStandardWebhooks = "STANDARD_WEBHOOKS" // by the function, from a signature of the Standard Webhooks specification
	AuthorizationHMAC             = "HMAC"              // by the function, from a signature of mapjob's own scheme
	AuthorizationIAM              = "AWS_IAM"           // by Lambda, before the request gets to the function
)

// WebhookSeparator is between the name of a webhook, which does not contain it, and
// the rest of an execution's name.
const WebhookSeparator = "--"

// MaxWebhookName is the longest name of a webhook. It leaves room for a UUID in the
// 80 characters of an execution's name.
const MaxWebhookName = 42
