package chunker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/items"
	"github.com/mapjob/mapjob/internal/pages"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/s3object"
	"github.com/mapjob/mapjob/job"
)

// store is S3, as package items reads it.
type store struct{ s3 *s3object.Store }

func (s store) Open(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	object, err := s.s3.Open(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return object, nil
}

// List yields what is in a bucket, in the order in which S3 lists it.
func (s store) List(ctx context.Context, bucket, prefix string) iter.Seq2[items.Object, error] {
	return func(yield func(items.Object, error) bool) {
		client, err := s.s3.Client(ctx)
		if err != nil {
			yield(items.Object{}, err)
			return
		}
		at := "s3://" + bucket + "/" + prefix
		all := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{
			Bucket: &bucket, Prefix: &prefix,
			EncodingType: types.EncodingTypeUrl, // XML has no way to write every key
		})
		for page, err := range pages.Of(ctx, all, func(p *s3.ListObjectsV2Output) *string { return p.NextContinuationToken }) {
			if err != nil {
				yield(items.Object{}, s3object.Refusal(at, err))
				return
			}
			for i := range page.Contents {
				object, err := listed(&page.Contents[i], page.EncodingType)
				if err != nil {
					err = fmt.Errorf("%s: %w", at, err)
				}
				if !yield(object, err) || err != nil {
					return
				}
			}
		}
	}
}

func listed(o *types.Object, encoding types.EncodingType) (items.Object, error) {
	key := aws.ToString(o.Key)
	if encoding == types.EncodingTypeUrl {
		decoded, err := url.QueryUnescape(key)
		if err != nil {
			return items.Object{}, fmt.Errorf("got the key %s, expected one that is URL-encoded: %w", key, err)
		}
		key = decoded
	}
	class := cmp.Or(o.StorageClass, types.ObjectStorageClassStandard) // S3 itself always names it, others do not
	return items.Object{
		Key: key, Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag), LastModified: aws.ToTime(o.LastModified), StorageClass: string(class),
	}, nil
}

// named gives errors of the items their name. What S3 refuses has one.
func named(err error) error {
	var incomplete *s3object.IncompleteObject
	var wrong *items.Error
	if errors.As(err, &incomplete) && incomplete.Replaced {
		return job.Errorf(protocol.ErrorSourceChanged, "%v", err)
	}
	if errors.As(err, &incomplete) || errors.As(err, &wrong) {
		return job.Errorf(protocol.ErrorItemReaderFailed, "%v", err)
	}
	return err
}
