package dynamodb_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
)

// inMemory is an HTTP client that a database in memory answers.
type inMemory struct{ d *dynamodb.Database }

func (m inMemory) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = io.NopCloser(strings.NewReader(""))
	}
	m.d.ServeHTTP(w, r)
	return w.Result(), nil
}

// clientOf returns a client of the SDK for a database in memory.
func clientOf(d *dynamodb.Database) *sdk.Client {
	return sdk.New(sdk.Options{Region: "us-east-1", HTTPClient: inMemory{d}, BaseEndpoint: aws.String("http://memory"),
		Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}})
}

// request calls a method of the SDK's client with a request that is written in
// DynamoDB's JSON.
func request(t *testing.T, client *sdk.Client, operation, request string) (answer reflect.Value, _ error) {
	t.Helper()
	var members any
	if err := json.Unmarshal([]byte(request), &members); err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	method := reflect.ValueOf(client).MethodByName(operation)
	input := reflect.New(method.Type().In(1).Elem())
	if err := fill(input.Elem(), members); err != nil {
		t.Fatalf("%s %s: %v", operation, request, err)
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	err, _ := results[1].Interface().(error)
	return results[0], err
}

// send is request for the error only.
func send(t *testing.T, client *sdk.Client, operation, text string) error {
	t.Helper()
	_, err := request(t, client, operation, text)
	return err
}

// ask returns the answer to a request in JSON, with the items of lists in a fixed
// order if sorted is true, or the error's code and message.
func ask(t *testing.T, client *sdk.Client, operation, text string, sorted bool) (answer, code, message string) {
	t.Helper()
	result, err := request(t, client, operation, text)
	if err != nil {
		var refused smithy.APIError
		if !errors.As(err, &refused) {
			t.Fatalf("%s %s: %v", operation, text, err)
		}
		return "", refused.ErrorCode(), refused.ErrorMessage()
	}
	shown := show(result.Elem())
	if sorted {
		sortItems(shown)
	}
	encoded, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded), "", ""
}

// fill sets a part of a request of the SDK to a JSON value.
func fill(to reflect.Value, from any) error {
	if to.Type() == reflect.TypeFor[types.AttributeValue]() {
		v, err := attributeOf(from)
		if err == nil {
			to.Set(reflect.ValueOf(v))
		}
		return err
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return fill(to.Elem(), from)
	case reflect.Struct:
		for name, v := range from.(map[string]any) {
			field := to.FieldByName(name)
			if !field.IsValid() {
				return fmt.Errorf("got %s, expected a member of %s", name, to.Type())
			}
			if err := fill(field, v); err != nil {
				return err
			}
		}
	case reflect.Map:
		to.Set(reflect.MakeMap(to.Type()))
		for name, v := range from.(map[string]any) {
			element := reflect.New(to.Type().Elem()).Elem()
			if err := fill(element, v); err != nil {
				return err
			}
			to.SetMapIndex(reflect.ValueOf(name), element)
		}
	case reflect.Slice:
		list := from.([]any)
		to.Set(reflect.MakeSlice(to.Type(), len(list), len(list)))
		for i, v := range list {
			if err := fill(to.Index(i), v); err != nil {
				return err
			}
		}
	default:
		to.Set(reflect.ValueOf(from).Convert(to.Type()))
	}
	return nil
}

// attributeOf returns the value of an attribute in the SDK's type.
func attributeOf(from any) (types.AttributeValue, error) {
	for kind, content := range from.(map[string]any) {
		text, _ := content.(string)
		list, _ := content.([]any)
		var texts []string
		for _, element := range list {
			s, _ := element.(string)
			texts = append(texts, s)
		}
		switch kind {
		case "S":
			return &types.AttributeValueMemberS{Value: text}, nil
		case "N":
			return &types.AttributeValueMemberN{Value: text}, nil
		case "B":
			b, err := base64.StdEncoding.DecodeString(text)
			return &types.AttributeValueMemberB{Value: b}, err
		case "BOOL":
			return &types.AttributeValueMemberBOOL{Value: content.(bool)}, nil
		case "NULL":
			return &types.AttributeValueMemberNULL{Value: content.(bool)}, nil
		case "SS":
			return &types.AttributeValueMemberSS{Value: texts}, nil
		case "NS":
			return &types.AttributeValueMemberNS{Value: texts}, nil
		case "BS":
			set := make([][]byte, len(texts))
			for i := range texts {
				set[i], _ = base64.StdEncoding.DecodeString(texts[i])
			}
			return &types.AttributeValueMemberBS{Value: set}, nil
		case "L":
			v := &types.AttributeValueMemberL{}
			return v, fill(reflect.ValueOf(&v.Value).Elem(), content)
		case "M":
			v := &types.AttributeValueMemberM{}
			return v, fill(reflect.ValueOf(&v.Value).Elem(), content)
		}
	}
	return nil, fmt.Errorf("got %v, expected a value of an attribute", from)
}

// show returns a part of an answer of the SDK as a JSON value. Members that are not
// set are left out.
func show(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return show(v.Elem())
	case reflect.Struct:
		members := map[string]any{}
		for _, field := range reflect.VisibleFields(v.Type()) {
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if shown := show(v.FieldByIndex(field.Index)); shown != nil {
				members[field.Name] = shown
			}
		}
		if kind, ok := strings.CutPrefix(v.Type().Name(), "AttributeValueMember"); ok {
			content := members["Value"]
			if list, ok := content.([]any); ok && strings.HasSuffix(kind, "S") && len(kind) == 2 { // sets have no order
				slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
			return map[string]any{kind: content}
		}
		return members
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		members := map[string]any{}
		for _, name := range v.MapKeys() {
			members[name.String()] = show(v.MapIndex(name))
		}
		return members
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		if b, ok := v.Interface().([]byte); ok {
			return b
		}
		list := []any{}
		for i := range v.Len() {
			list = append(list, show(v.Index(i)))
		}
		return list
	}
	return v.Interface()
}

// sortItems puts the items of an answer into the order of their texts.
func sortItems(shown any) {
	members, _ := shown.(map[string]any)
	lists := []any{members["Items"]}
	if tables, ok := members["Responses"].(map[string]any); ok {
		lists = slices.AppendSeq(lists, maps.Values(tables))
	}
	for _, items := range lists {
		list, _ := items.([]any)
		slices.SortFunc(list, func(a, b any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return bytes.Compare(x, y)
		})
	}
}
