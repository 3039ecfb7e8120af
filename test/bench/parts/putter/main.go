// Command putter puts small objects into an S3 by the AWS SDK, as workers do.
//
//	putter URL PREFIX COUNT
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

const (
	concurrency = 8
	size        = 300 // of an object, in bytes
)

func main() {
	if len(os.Args) != 4 {
		log.Fatalf("got %d arguments, expected URL PREFIX COUNT", len(os.Args)-1)
	}
	count, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	client := s3.New(s3.Options{BaseEndpoint: &os.Args[1], UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	if err := put(client, os.Args[2], count); err != nil {
		log.Fatal(err)
	}
}

// put puts count objects whose keys begin with a prefix.
func put(client *s3.Client, prefix string, count int64) error {
	content := bytes.Repeat([]byte("x"), size)
	var last atomic.Int64
	group, ctx := errgroup.WithContext(context.Background())
	for range concurrency {
		group.Go(func() error {
			for i := last.Add(1); i <= count; i = last.Add(1) {
				key := fmt.Sprintf("%s%d.json", prefix, i)
				_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key,
					Body: bytes.NewReader(content), ContentType: aws.String("application/json")})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
