package results

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonl"
	"github.com/mapjob/mapjob/internal/protocol"
)

// A Map Run writes its results to a folder of its own, and each redrive of it
// writes complete results to a folder below, while older files stay (read from
// captures of real executions, not documented):
//
//	PREFIX/MAP-RUN/manifest.json, SUCCEEDED_0.jsonl, FAILED_0.jsonl, PENDING_0.jsonl, …
//	PREFIX/MAP-RUN/Redrive-1/manifest.json, …
//	PREFIX/MAP-RUN/Redrive-10/manifest.json, …
//
// The folder of the last redrive counts. It is not known which manifest a redriven
// Map state names in its result, so that key is only used to find the Map Run.

// manifest is the manifest.json that the ResultWriter of a Distributed Map
// writes (Step Functions developer guide, "ResultWriter").
type manifest struct {
	DestinationBucket string
	ResultFiles       resultFiles
}

type resultFiles struct {
	Succeeded []resultFile `json:"SUCCEEDED"`
	Failed    []resultFile `json:"FAILED"`
	Pending   []resultFile `json:"PENDING"`
}

type resultFile struct{ Key string }

// isEmpty reports whether the manifest names no file.
func (m *manifest) isEmpty() bool {
	f := &m.ResultFiles
	return len(f.Succeeded)+len(f.Failed)+len(f.Pending) == 0
}

// folder describes the objects in a Map Run's folder.
type folder struct {
	last     int    // redrive that wrote files last; 0: the Map Run itself
	redrive  int    // redrive that wrote the last manifest
	manifest string // key of the last manifest; "" if there is none
}

var (
	redriveFolder  = regexp.MustCompile(`^Redrive-([1-9][0-9]{0,8})$`)
	resultFileName = regexp.MustCompile(`^(SUCCEEDED|FAILED|PENDING)_[0-9]+\.jsonl?$`)
)

// splitKey splits the key of a Map Run's object into the Map Run's folder, with a
// slash at the end, the redrive and the object's name.
func splitKey(key string) (mapRun string, redrive int, name string) {
	mapRun, name = path.Split(key)
	parent, last := path.Split(strings.TrimSuffix(mapRun, "/"))
	if match := redriveFolder.FindStringSubmatch(last); match != nil {
		redrive, _ = strconv.Atoi(match[1])
		mapRun = parent
	}
	return mapRun, redrive, name
}

// folders returns the folders of Map Runs that have files, by their keys. If the Map
// has named a manifest, it returns only the folder of that Map Run.
func (r Reader) folders(ctx context.Context, at protocol.Results) (map[string]*folder, error) {
	found := map[string]*folder{}
	add := func(key string) {
		mapRun, redrive, name := splitKey(key)
		isManifest := name == protocol.ManifestFile
		if !isManifest && !resultFileName.MatchString(name) {
			return
		}
		f := found[mapRun]
		if f == nil {
			f = &folder{}
			found[mapRun] = f
		}
		f.last = max(f.last, redrive)
		if isManifest && (f.manifest == "" || redrive > f.redrive) {
			f.manifest, f.redrive = key, redrive
		}
	}
	prefix := at.Prefix + "/"
	isMapRun := func(folder string) bool { return path.Dir(strings.TrimSuffix(folder, "/")) == at.Prefix }
	if at.Manifest != "" {
		prefix, _, _ = splitKey(at.Manifest)
		isMapRun = func(folder string) bool { return folder == prefix }
		add(at.Manifest)
	}
	for key, err := range r.Store.Keys(ctx, at.Bucket, prefix) {
		if err != nil {
			return nil, err
		}
		if folder, _, _ := splitKey(key); isMapRun(folder) {
			add(key)
		}
	}
	return found, nil
}

// findManifest returns the current manifest; nil if there is none. A Map that failed
// does not name its manifest. If there are several Map Runs, those without results are
// ignored, such as one that could not read its items.
//
// If a later redrive wrote files without a manifest, outdated describes it, and only
// the SUCCEEDED files of the manifest are current: a redrive keeps successes.
func (r Reader) findManifest(ctx context.Context, at protocol.Results) (m *manifest, outdated string, err error) {
	folders, err := r.folders(ctx, at)
	if err != nil {
		return nil, "", err
	}
	var withResults []string
	for _, mapRun := range slices.Sorted(maps.Keys(folders)) {
		f := folders[mapRun]
		var here *manifest
		if f.manifest != "" {
			if here, err = r.readManifest(ctx, at.Bucket, f.manifest); err != nil {
				return nil, "", err
			}
		}
		if isCurrent := here != nil && f.redrive == f.last; isCurrent && here.isEmpty() {
			if m == nil && len(withResults) == 0 {
				m = here
			}
			continue
		}
		withResults = append(withResults, mapRun)
		m, outdated = here, ""
		if m != nil && f.redrive < f.last {
			outdated = fmt.Sprintf("redrive %d of the Map Run in %s left files but no manifest", f.last, address(at.Bucket, mapRun))
		}
	}
	if len(withResults) > 1 {
		return nil, "", protocol.Errorf(protocol.ErrorOutcomeUnknown,
			"got the results of %d Map Runs in %s, those in %s, expected those of one, because a job has one Map",
			len(withResults), address(at.Bucket, at.Prefix+"/"), strings.Join(withResults, ", "))
	}
	return m, outdated, nil
}

func (r Reader) readManifest(ctx context.Context, bucket, key string) (*manifest, error) {
	body, err := r.Store.Open(ctx, bucket, key)
	if err != nil {
		return nil, fmt.Errorf("reading %w", err)
	}
	defer body.Close()
	m := &manifest{}
	if err := json.NewDecoder(jsonl.Allow(body, jsonl.MaxDocument)).Decode(m); err != nil {
		return nil, fmt.Errorf("reading %s: %w", address(bucket, key), err)
	}
	if m.DestinationBucket == "" {
		m.DestinationBucket = bucket
	}
	return m, nil
}
