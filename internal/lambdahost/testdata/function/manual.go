//go:build linux || darwin

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

var runtimeURL = "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"

// manualRuntime uses the Runtime API in ways in which aws-lambda-go does not: as other
// runtimes do, and incorrectly.
func manualRuntime() {
	// So that the client does not send a body before it gets 100 Continue.
	http.DefaultTransport.(*http.Transport).ExpectContinueTimeout = time.Minute
	last := 0 // the status of the request that the last event made
	for {
		id, e := manualNext(context.Background())
		respond := func(body string) int { return post("invocation/"+id+"/response", body, nil) }
		report := func(status int) { respond(fmt.Sprint(status)) }
		switch e.Do {
		case "last":
			report(last)
		case "ask twice":
			report(get("invocation/next"))
		case "wrong request ID":
			report(post("invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response", "1", nil))
		case "answer twice":
			report(202)
			last = respond("2")
		case "unknown path":
			report(get("invocation/last"))
		case "late init error":
			report(post("init/error", "{}", nil))
		case "hang up":
			report(202)
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			manualNext(ctx)
			cancel()
			http.DefaultClient.CloseIdleConnections()
			fmt.Println("hung up")
		case "hang up for good":
			report(202)
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			manualNext(ctx)
			cancel()
			fmt.Println("hung up")
			time.Sleep(time.Minute)
		case "new connection for everything":
			http.DefaultTransport.(*http.Transport).DisableKeepAlives = true
			report(202)
		case "expect 100-continue":
			report(post("invocation/"+id+"/response", `"`+strings.Repeat("x", 100_000)+`"`, http.Header{"Expect": {"100-continue"}}))
		case "error without a body":
			post("invocation/"+id+"/error", "", http.Header{"Lambda-Runtime-Function-Error-Type": {"Function.NoSuchThing"}})
		case "error without a type":
			post("invocation/"+id+"/error", `{"errorMessage":"no type"}`, nil)
		case "fail in the middle":
			body := io.MultiReader(strings.NewReader(`{"half":`))
			request, _ := http.NewRequest(http.MethodPost, runtimeURL+"invocation/"+id+"/response", body)
			request.Trailer = http.Header{
				"Lambda-Runtime-Function-Error-Type": {"Function.Broke"},
				"Lambda-Runtime-Function-Error-Body": {base64.StdEncoding.EncodeToString([]byte(`{"errorType":"Function.Broke","errorMessage":"in the middle"}`))},
			}
			do(request)
		case "answer and exit":
			respond(`"done"`)
			os.Exit(1)
		case "answer and work on":
			respond(fmt.Sprint(os.Getpid()))
			time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		default:
			respond(fmt.Sprint(os.Getpid()))
		}
	}
}

// manualNext asks for an invocation. It returns zero values if ctx ends before.
func manualNext(ctx context.Context) (id string, e event) {
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, runtimeURL+"invocation/next", nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if ctx.Err() == nil {
			panic(err)
		}
		return "", event{}
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&e); err != nil {
		panic(err)
	}
	return response.Header.Get("Lambda-Runtime-Aws-Request-Id"), e
}

func get(path string) int {
	request, _ := http.NewRequest(http.MethodGet, runtimeURL+path, nil)
	return do(request)
}

func post(path, body string, header http.Header) int {
	request, _ := http.NewRequest(http.MethodPost, runtimeURL+path, strings.NewReader(body))
	for key, values := range header {
		request.Header[key] = values
	}
	return do(request)
}

func do(request *http.Request) int {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		panic(err)
	}
	return response.StatusCode
}
