package price

// Key names a price, such as "states.transition".
type Key string

// The prices that a job, or another architecture for the same items, may need.
const (
	Transition             Key = "states.transition"
	ExpressRequest         Key = "states.express.request"
	ExpressGBSecond        Key = "states.express.gb-second"
	LambdaRequest          Key = "lambda.request"
	LambdaX86              Key = "lambda.gb-second.x86_64"
	LambdaARM              Key = "lambda.gb-second.arm64"
	LambdaStorage          Key = "lambda.storage-gb-second"
	S3Put                  Key = "s3.put" // PUT, COPY, POST and LIST requests, and parts
	S3Get                  Key = "s3.get" // GET and all other requests
	DynamoWrite            Key = "dynamodb.write-unit"
	DynamoRead             Key = "dynamodb.read-unit"
	SQSRequest             Key = "sqs.request"
	LogsGB                 Key = "logs.gb"        // written by functions
	VendedLogsGB           Key = "logs.vended-gb" // written by Step Functions
	Trace                  Key = "xray.trace"
	Schedule               Key = "scheduler.invocation"
	DurableOperation       Key = "lambda.durable.operation"
	DurableWrittenGB       Key = "lambda.durable.written-gb"
	DurableRetainedGBMonth Key = "lambda.durable.retained-gb-month"
)

type key struct {
	key      Key
	required bool
}

// keys has every price. A region without a required one has no book.
var keys = []key{
	{Transition, true},
	{ExpressRequest, false},
	{ExpressGBSecond, false},
	{LambdaRequest, true},
	{LambdaX86, true},
	{LambdaARM, true},
	{LambdaStorage, false},
	{S3Put, true},
	{S3Get, true},
	{DynamoWrite, true},
	{DynamoRead, true},
	{SQSRequest, true},
	{LogsGB, true},
	{VendedLogsGB, false},
	{Trace, false},
	{Schedule, false},
	{DurableOperation, false},
	{DurableWrittenGB, false},
	{DurableRetainedGBMonth, false},
}
