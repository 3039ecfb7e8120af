package itemsource

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/mapjob/mapjob/internal/s3object"
)

// readList reads what is in a bucket, in the order in which S3 lists it.
func readList(ctx context.Context, from *Source, yield func(json.RawMessage) error) error {
	client, err := s3object.Client()
	if err != nil {
		return err
	}
	at := "s3://" + from.Bucket + "/" + from.Prefix
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{
		Bucket: &from.Bucket, Prefix: &from.Prefix,
		EncodingType: types.EncodingTypeUrl, // XML has no way to write every key
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s3object.Refusal(at, err)
		}
		for i := range page.Contents {
			listed := &page.Contents[i]
			key := aws.ToString(listed.Key)
			if page.EncodingType == types.EncodingTypeUrl {
				if key, err = url.QueryUnescape(key); err != nil {
					return fmt.Errorf("%s: got the key %s, expected one that is URL-encoded: %w", at, *listed.Key, err)
				}
			}
			if err := yield(listedItem(key, listed)); err != nil {
				return err
			}
		}
	}
	return nil
}

// listedItem has the members that ListObjectsV2 has for an object, with the
// names and units of an ItemReader's items: LastModified is in seconds since
// 1970.
func listedItem(key string, o *types.Object) json.RawMessage {
	item := appendQuoted([]byte(`{"Etag":`), aws.ToString(o.ETag))
	item = appendQuoted(append(item, `,"Key":`...), key)
	item = strconv.AppendInt(append(item, `,"LastModified":`...), aws.ToTime(o.LastModified).Unix(), 10)
	item = strconv.AppendInt(append(item, `,"Size":`...), aws.ToInt64(o.Size), 10)
	class := cmp.Or(o.StorageClass, types.ObjectStorageClassStandard) // S3 itself names it always, others do not
	item = appendQuoted(append(item, `,"StorageClass":`...), string(class))
	return append(item, '}')
}
