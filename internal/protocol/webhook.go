package protocol

// Variables in the environment of a webhook's function.
const (
	WebhookName             = "WEBHOOK_NAME"
	WebhookStateMachineARN  = "STATE_MACHINE_ARN"
	WebhookAuthorization    = "AUTHORIZATION" // AuthorizationIAM or AuthorizationHMAC
	WebhookSecretARN        = "SECRET_ARN"
	WebhookSignatureHeader  = "SIGNATURE_HEADER"
	WebhookTimestampHeader  = "TIMESTAMP_HEADER"
	WebhookDeliveryIDHeader = "DELIVERY_ID_HEADER"
	WebhookDeliveryIDMember = "DELIVERY_ID_MEMBER"
	WebhookMaxBodyBytes     = "MAX_BODY_BYTES"
)

// Ways to authorize a request to a webhook.
const (
	AuthorizationIAM  = "AWS_IAM" // by Lambda, before the request gets to the function
	AuthorizationHMAC = "HMAC"    // by the function, from the request's signature
)
