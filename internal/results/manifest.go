package results

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/mapjob/mapjob/internal/protocol"
)

// manifest is the manifest.json that the ResultWriter of a Distributed Map
// writes (Step Functions developer guide, "ResultWriter").
type manifest struct {
	DestinationBucket string
	ResultFiles       struct {
		Succeeded []resultFile `json:"SUCCEEDED"`
		Failed    []resultFile `json:"FAILED"`
		Pending   []resultFile `json:"PENDING"`
	}
}

type resultFile struct{ Key string }

// findManifest returns the key of a Map Run's manifest; "" if there is none,
// because the Map ended before it started a child execution. A Map that failed
// does not say where its manifest is, so it is looked for.
func (r Reader) findManifest(ctx context.Context, at protocol.Results) (key string, err error) {
	if at.Manifest != "" {
		return at.Manifest, nil
	}
	for k, err := range r.Store.Keys(ctx, at.Bucket, at.Prefix+"/") {
		if err != nil {
			return "", err
		}
		if path.Base(k) == protocol.ManifestFile {
			key = k
		}
	}
	return key, nil
}

func (r Reader) readManifest(ctx context.Context, bucket, key string) (*manifest, error) {
	body, err := r.Store.Open(ctx, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("reading %w", err)
	}
	defer body.Close()
	m := &manifest{}
	if err := json.NewDecoder(body).Decode(m); err != nil {
		return nil, fmt.Errorf("reading %s: %w", address(bucket, key), err)
	}
	if m.DestinationBucket == "" {
		m.DestinationBucket = bucket
	}
	return m, nil
}
