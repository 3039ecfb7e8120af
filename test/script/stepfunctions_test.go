package script

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/rogpeppe/go-internal/testscript"
)

// stepFunctions OPERATION JSON: calls the Step Functions API of the parts that run last.
// Standard output is the answer. $NAME in the JSON is a variable of the script.
func stepFunctions(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: stepfunctions OPERATION JSON")
	}
	request, err := http.NewRequest(http.MethodPost, endpoint(ts), strings.NewReader(os.Expand(args[1], ts.Getenv)))
	ts.Check(err)
	request.Header.Set("X-Amz-Target", "AWSStepFunctions."+args[0])
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)
	if neg == (response.StatusCode == http.StatusOK) {
		ts.Fatalf("%s: got status %d and %s", args[0], response.StatusCode, answer)
	}
	fmt.Fprintln(ts.Stdout(), string(answer))
}

// endpoint returns the address of Step Functions.
func endpoint(ts *testscript.TestScript) string {
	text, err := os.ReadFile(ts.MkAbs(".mapjob/runs/last/endpoints.json"))
	ts.Check(err)
	var endpoints map[string]string
	ts.Check(json.Unmarshal(text, &endpoints))
	return endpoints["AWS_ENDPOINT_URL_SFN"]
}

// answer TOKEN OUTPUT: a task succeeds, by the AWS SDK. An error is printed on standard error.
func answer(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: answer TOKEN OUTPUT")
	}
	client := sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: aws.String(endpoint(ts)), Credentials: credentials.NewStaticCredentialsProvider("mapjob", "mapjob", "")})
	_, err := client.SendTaskSuccess(context.Background(), &sfn.SendTaskSuccessInput{TaskToken: &args[0], Output: &args[1]})
	if neg == (err == nil) {
		ts.Fatalf("SendTaskSuccess: got error %v", err)
	}
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
}

// take NAME PATH [FILE]: $NAME is the value at a path of the JSON document on standard
// output, or in a file. A part of the path is the name of a member, or the index of an
// element.
func take(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: take NAME PATH [FILE]")
	}
	file := "stdout"
	if len(args) == 3 {
		file = args[2]
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &v))
	for part := range strings.SplitSeq(args[1], "/") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			index, err := strconv.Atoi(part)
			ts.Check(err)
			if index >= len(at) {
				ts.Fatalf("got %d elements, expected element %d", len(at), index)
			}
			v = at[index]
		}
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}
