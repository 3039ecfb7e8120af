package integration

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/unsupported"
	"github.com/mapjob/mapjob/internal/value"
)

func sdkS3Naming() naming {
	return naming{prefix: "S3", service: "S3", fallback: "S3Exception", sdk: true}
}

// s3Actions has the operations of aws-sdk:s3 on this machine. They use the SDK,
// whose fields have the names of the integration's parameters.
var s3Actions = map[string]s3Call{
	"copyObject":        s3Operation((*s3.Client).CopyObject),
	"createBucket":      s3Operation((*s3.Client).CreateBucket),
	"deleteBucket":      s3Operation((*s3.Client).DeleteBucket),
	"deleteObject":      s3Operation((*s3.Client).DeleteObject),
	"deleteObjects":     s3Operation((*s3.Client).DeleteObjects),
	"getBucketLocation": s3Operation((*s3.Client).GetBucketLocation),
	"getObject":         s3Operation((*s3.Client).GetObject),
	"headBucket":        s3Operation((*s3.Client).HeadBucket),
	"headObject":        s3Operation((*s3.Client).HeadObject),
	"listBuckets":       s3Operation((*s3.Client).ListBuckets),
	"listObjects":       s3Operation((*s3.Client).ListObjects),
	"listObjectsV2":     s3Operation((*s3.Client).ListObjectsV2),
	"putObject":         s3Operation((*s3.Client).PutObject),
}

// s3Exception is an error that has a class of its own in the SDK for Java.
type s3Exception struct {
	name    string
	message string // of S3, if the S3 of this machine has none
}

// s3Exceptions has these errors by their code (S3 API reference, "Errors" of
// each operation).
var s3Exceptions = map[string]s3Exception{
	"BucketAlreadyExists":     {"BucketAlreadyExistsException", "The requested bucket name is not available."},
	"BucketAlreadyOwnedByYou": {"BucketAlreadyOwnedByYouException", "The bucket that you tried to create already exists, and you own it."},
	"NoSuchBucket":            {"NoSuchBucketException", "The specified bucket does not exist"},
	"NoSuchKey":               {"NoSuchKeyException", "The specified key does not exist."},
}

// s3Headless has the errors of status 404 of operations whose response has no
// body: the SDK for Java names them by the operation.
var s3Headless = map[string]string{"headObject": "NoSuchKeyException", "headBucket": "NoSuchBucketException"}

// S3At returns a function that returns a client of the S3 of this machine at a URL.
func S3At(url string) func() *s3.Client {
	return sync.OnceValue(func() *s3.Client {
		return s3.New(s3.Options{
			BaseEndpoint:               &url,
			UsePathStyle:               true,
			Region:                     "us-east-1",
			Credentials:                credentials.NewStaticCredentialsProvider("local", "local", ""),
			RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
			ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
		})
	})
}

type s3Call func(ctx context.Context, client *s3.Client, parameters any) (any, error)

// sdkS3 answers arn:aws:states:::aws-sdk:s3:ACTION.
func (s *Services) sdkS3(action string) (engine.IntegrationFunc, error) {
	call, ok := s3Actions[action]
	if !ok {
		return nil, unsupported.S3Action.Error(awscall.Operation(action), strings.Join(slices.Sorted(maps.Keys(s3Actions)), ", "))
	}
	return func(ctx context.Context, request *engine.Request) (any, error) {
		output, err := call(ctx, s.S3(), request.Parameters)
		if err != nil {
			return nil, s3TaskError(ctx, action, err)
		}
		return output, nil
	}, nil
}

func s3TaskError(ctx context.Context, action string, err error) error {
	if _, ok := errors.AsType[*engine.TaskError](err); ok {
		return err
	}
	refused, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return sdkS3Naming().unreachable(err)
	}
	exception := s3Exceptions[refused.ErrorCode()]
	message := refused.ErrorMessage()
	if message == "UnknownError" { // of the SDK: there is none
		message = ""
	}
	r := refusal{name: exception.name, message: cmp.Or(message, exception.message, refused.ErrorCode()), status: http.StatusBadRequest}
	if response, ok := errors.AsType[s3.ResponseError](err); ok {
		r.requestID = response.ServiceRequestID()
		r.hostID = response.ServiceHostID()
	}
	if response, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		r.status = response.HTTPStatusCode()
	}
	if headless := s3Headless[action]; headless != "" && r.status == http.StatusNotFound {
		r.name, r.message = headless, "null" // as Java prints a missing message
	}
	return sdkS3Naming().refuse(ctx, r)
}

// s3Operation makes a call of a method of the SDK.
func s3Operation[Input, Output any](method func(*s3.Client, context.Context, *Input, ...func(*s3.Options)) (*Output, error)) s3Call {
	return func(ctx context.Context, client *s3.Client, parameters any) (any, error) {
		input := new(Input)
		if err := fillInput(input, parameters); err != nil {
			return nil, err
		}
		output, err := method(client, ctx, input)
		if err != nil {
			return nil, err
		}
		return fromSDK(reflect.ValueOf(output).Elem())
	}
}

// fillInput sets the fields of an operation's input. A Body is stored as its JSON:
// a string in quotes, and null as null, as on AWS.
func fillInput(input, parameters any) error {
	given, ok := withoutNulls(parameters).(*value.Object)
	if !ok {
		return unusable(parameters, "got no JSON object, expected one")
	}
	for name := range given.All() {
		// AWS wants the exact case; the decoder does not.
		if name == "" || !unicode.IsUpper(rune(name[0])) {
			return unusable(parameters, fmt.Sprintf("The field '%s' is not supported by Step Functions", name))
		}
	}
	if field := reflect.ValueOf(input).Elem().FieldByName("Body"); field.IsValid() {
		all, _ := parameters.(*value.Object)
		if body, ok := all.Get("Body"); ok {
			field.Set(reflect.ValueOf(bytes.NewReader(value.Append(nil, body))))
		}
		given = given.Without("Body")
	}
	d := json.NewDecoder(bytes.NewReader(value.Append(nil, given)))
	d.DisallowUnknownFields()
	if err := d.Decode(input); err != nil {
		return unusable(parameters, err.Error())
	}
	return nil
}

// maxBody is how much of an object is read: one byte more than a task may
// answer with, so that the engine refuses it.
var maxBody = int64(engine.AWSLimits.PayloadBytes) + 1

// fromSDK converts a value of the SDK to what the integrations answer: without
// fields that are not set, times and the body of an object as text.
func fromSDK(v reflect.Value) (any, error) {
	switch content := v.Interface().(type) {
	case time.Time:
		return content.UTC().Format(time.RFC3339), nil // S3 keeps whole seconds
	case io.ReadCloser:
		defer content.Close()
		text, err := io.ReadAll(io.LimitReader(content, maxBody))
		return string(text), err
	}
	switch v.Kind() {
	case reflect.Pointer:
		return fromSDK(v.Elem())
	case reflect.Struct:
		object := &value.Object{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" || v.Field(i).IsZero() && field.Name != "Metadata" {
				continue
			}
			member, err := fromSDK(v.Field(i))
			if err != nil {
				return nil, err
			}
			object.Set(field.Name, member)
		}
		return object, nil
	case reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			element, err := fromSDK(v.Index(i))
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		return list, nil
	case reflect.Map: // of strings, as an object's metadata is
		object := &value.Object{}
		content, _ := v.Interface().(map[string]string)
		for _, name := range slices.Sorted(maps.Keys(content)) {
			object.Set(name, content[name])
		}
		return object, nil
	case reflect.String: // of a named type
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int32, reflect.Int64:
		return float64(v.Int()), nil
	}
	return nil, fmt.Errorf("got a %s from the SDK, expected JSON", v.Type())
}
