// Command webhook is the Lambda function of a webhook, behind a function URL. It
// starts an execution of a state machine for each delivery. Package delivery
// describes deliveries. Package trigger sets the environment.
package main

import (
	"log"
	"log/slog"
	"os"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/mapjob/mapjob/constructs/trigger/functions/webhook/internal/delivery"
	"github.com/mapjob/mapjob/internal/protocol"
)

func main() {
	slog.SetDefault(lambdacontext.NewLogger())
	maxBodyBytes, err := strconv.Atoi(os.Getenv(protocol.WebhookMaxBodyBytes))
	if err != nil {
		log.Fatalf("%s: %v", protocol.WebhookMaxBodyBytes, err)
	}
	allowControl, err := strconv.ParseBool(os.Getenv(protocol.WebhookAllowControl))
	if err != nil {
		log.Fatalf("%s: %v", protocol.WebhookAllowControl, err)
	}
	handler, err := delivery.New(delivery.Settings{
		StateMachineARN:  os.Getenv(protocol.WebhookStateMachineARN),
		Authorization:    os.Getenv(protocol.WebhookAuthorization),
		SecretARN:        os.Getenv(protocol.WebhookSecretARN),
		SignatureHeader:  os.Getenv(protocol.WebhookSignatureHeader),
		TimestampHeader:  os.Getenv(protocol.WebhookTimestampHeader),
		Name:             os.Getenv(protocol.WebhookName),
		DeliveryIDHeader: os.Getenv(protocol.WebhookDeliveryIDHeader),
		DeliveryIDMember: os.Getenv(protocol.WebhookDeliveryIDMember),
		MaxBodyBytes:     maxBodyBytes,
		AllowControl:     allowControl,
	}, delivery.AWS())
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(handler.Handle)
}
