// Command fill writes items into a table of DynamoDB, each a line of JSON on standard
// input:
//
//	go run -C examples ./fill TABLE < examples/orders.jsonl
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("got the arguments %q, expected the name of a table", args)
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	n, err := fill(ctx, dynamodb.NewFromConfig(settings), args[0], in)
	fmt.Fprintf(out, "wrote %d items into %s\n", n, args[0])
	return err
}

// atOnce is how many items DynamoDB writes at once.
const atOnce = 25

// fill writes the items of in into a table, and returns how many it has written.
func fill(ctx context.Context, client *dynamodb.Client, table string, in io.Reader) (written int, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20) // an item of DynamoDB has at most 400 KB
	var batch []types.WriteRequest
	line := 0
	for lines.Scan() {
		line++
		var item map[string]any
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil {
			return written, fmt.Errorf("line %d: %w", line, err)
		}
		values, err := attributevalue.MarshalMap(item)
		if err != nil {
			return written, fmt.Errorf("line %d: %w", line, err)
		}
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: values}})
		if len(batch) == atOnce {
			if err := write(ctx, client, table, batch); err != nil {
				return written, err
			}
			written, batch = written+len(batch), nil
		}
	}
	if err := lines.Err(); err != nil {
		return written, err
	}
	if len(batch) > 0 {
		err = write(ctx, client, table, batch)
	}
	if err == nil {
		written += len(batch)
	}
	return written, err
}

// write writes a batch, and again what DynamoDB has not taken.
func write(ctx context.Context, client *dynamodb.Client, table string, batch []types.WriteRequest) error {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		answer, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: batch}})
		if err != nil {
			return err
		}
		if batch = answer.UnprocessedItems[table]; len(batch) == 0 {
			return nil
		}
		if wait > 30*time.Second {
			return errors.New("DynamoDB takes no more items: try again later, items that are there are written again")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}
