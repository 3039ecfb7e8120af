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
)

func main() {
	slog.SetDefault(lambdacontext.NewLogger())
	maxBodyBytes, err := strconv.Atoi(os.Getenv("MAX_BODY_BYTES"))
	if err != nil {
		log.Fatalf("MAX_BODY_BYTES: %v", err)
	}
	handler, err := delivery.New(delivery.Settings{
		StateMachineARN:  os.Getenv("STATE_MACHINE_ARN"),
		Authorization:    os.Getenv("AUTHORIZATION"),
		SecretARN:        os.Getenv("SECRET_ARN"),
		SignatureHeader:  os.Getenv("SIGNATURE_HEADER"),
		TimestampHeader:  os.Getenv("TIMESTAMP_HEADER"),
		Name:             os.Getenv("WEBHOOK_NAME"),
		DeliveryIDHeader: os.Getenv("DELIVERY_ID_HEADER"),
		DeliveryIDMember: os.Getenv("DELIVERY_ID_MEMBER"),
		MaxBodyBytes:     maxBodyBytes,
	}, delivery.AWS())
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(handler.Handle)
}
