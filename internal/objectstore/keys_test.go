package objectstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/objectstore"
)

// alikeKeys returns keys that file systems, URLs or careless code take for the
// same ones, or for others.
func alikeKeys() []string {
	keys := []string{
		"q/x", "q//x", "q/./x", "q/../x", "/q/x", "//q/x", "q/x/", "q/x//", "q", "q/", "/", "//", ".", "..", "./", "../", "...", "a/..", "a/.",
		"../bucket/a", "../other/a", "../../records/bucket/x", "a/../../other/b", "/etc/passwd", "..\\bucket\\a", "C:\\a", "a\\b", "a/b", "a", "a/b/c",
		"a%", "a%/b", "%", "%%", "%%/a", "%2E", "%2e%2e/a", "%long/x", "^A", "^a", "A", "B/a", "b/A", "b/a", "a.b", "a.b/c", "a.b/c.d", "a.b%", "a.b%/c",
		"caf\u00e9", "cafe\u0301", "CAF\u00c9", "\u212b", "\u00c5", "stra\u00dfe", "strasse", "a b", "a+b", "a%20b", "a\x00b", "a\x01b", "a\nb", "a\rb", "a\tb", "a\x7fb",
		"\u202egnp.exe", "a?b", "a#b", "a&b=c", "a*b", "a\"b", "a'b", "a<b>", "a:b", "a|b", "con", "nul.txt", "a.", "a ", " a", "\ufeffa", "\U0001f600",
		"x-", "x/y", "x0", "x", // a slash sorts between these
		"CON", "con.txt", "AUX", "aux/a", "COM1", "LPT1.json", "NUL", "prn.", "a..", "a. ", "a /b", "a./b", " ", "  ", ". ", ".. ", // of Windows
		"a\ufffe", "a\uffff", "\ufffd", "\u200ba", "e\u0301\u0301", "\u1e9b\u0323", "\ufb01", "fi", "\u0130", "\u0131", "\u017f", // of Unicode
		"%long", "%long/" + strings.Repeat("a", 64), "uploads/1", "1", "records/bucket", ".DS_Store", "%long%/a", "a%%", "%%%", "a%2", "a%2f", "a%2Fb", // like files of the store
		strings.Repeat("l", 256) + "/a", strings.Repeat("l", 256) + "/A", "a/" + strings.Repeat("l", 300) + "/b",
	}
	for c := range byte(' ') {
		keys = append(keys, "c"+string(rune(c)), string(rune(c)), "c/"+string(rune(c))+"/c")
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for _, n := range []int{200, 254, 255, 256, 600, 601, 1000, 1023, 1024} {
		for _, unit := range []string{"l", "L", "\u00e9", "l/", "../", "%"} {
			keys = append(keys, strings.Repeat(unit, n/len(unit))[:n/len(unit)*len(unit)])
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	return append(keys, moreKeys(1000-len(keys), keys)...)
}

// moreKeys returns keys of the characters that matter.
func moreKeys(n int, not []string) []string {
	const alphabet = "/.aA%^-"
	have := map[string]bool{}
	for _, key := range not {
		have[key] = true
	}
	var list []string
	for i := len(alphabet); len(list) < n; i++ {
		var letters []byte
		for rest := i; rest > 0; rest /= len(alphabet) {
			letters = append(letters, alphabet[rest%len(alphabet)])
		}
		key := string(letters)
		if !have[key] {
			have[key] = true
			list = append(list, key)
		}
	}
	return list
}

func TestEveryKeyIsItsOwn(t *testing.T) {
	folder := t.TempDir()
	store, client := startIn(t, folder)
	other, content := "other", func(key string) string { return "content of " + key }
	if err := store.CreateBucket(other); err != nil {
		t.Fatal(err)
	}
	keys := alikeKeys()
	sorted := slices.Clone(keys)
	slices.Sort(sorted)
	if got := len(slices.Compact(slices.Clone(sorted))); got != 1000 || len(keys) != got {
		t.Fatalf("got %d keys, %d different ones, expected 1000", len(keys), got)
	}
	for _, key := range keys {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader(content(key)),
			Metadata: map[string]string{"about": url.QueryEscape(key)[:min(20, len(url.QueryEscape(key)))]}}); err != nil {
			t.Fatalf("%.60q: %v", key, err)
		}
	}

	// The objects outlive the process.
	store, client = startIn(t, folder)
	for _, key := range keys {
		if got := read(t, store, key); got != content(key) {
			t.Errorf("%.60q: got %.60q, expected its own content", key, got)
		}
		head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: &key})
		if err != nil || *head.ContentLength != int64(len(content(key))) || head.Metadata["about"] != url.QueryEscape(key)[:min(20, len(url.QueryEscape(key)))] {
			t.Errorf("%.60q: got %+v and error %v, expected its own metadata", key, head, err)
		}
	}
	var listed []string
	for key, err := range store.Keys(t.Context(), "bucket", "") {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, key)
	}
	if diff := cmp.Diff(sorted, listed); diff != "" {
		t.Errorf("keys, in the order of their bytes (-expected +got):\n%s", diff)
	}
	for object, err := range store.List(t.Context(), other, "") {
		t.Errorf("got object %v and error %v in another bucket, expected none", object, err)
	}
	if diff := cmp.Diff(sorted, listedBySDK(t, client, &s3.ListObjectsV2Input{MaxKeys: aws.Int32(7)})); diff != "" {
		t.Errorf("keys in pages of 7 (-expected +got):\n%s", diff)
	}
	above, err := os.ReadDir(folder)
	if err != nil || len(above) != 3 { // buckets, records, uploads
		t.Errorf("got %v and error %v in the folder, expected no file of an object outside the buckets", above, err)
	}
	for _, part := range []string{"a/b%", "a%", "a/b/c%", "a.b", "a.b%/c.d"} {
		if info, err := os.Stat(filepath.Join(folder, "buckets", "bucket", part)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: got %v and error %v, expected a file", part, info, err)
		}
	}

	for i, key := range keys { // one after the other, so that no other goes with it
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: &key}); err != nil {
			t.Fatalf("%.60q: %v", key, err)
		}
		if i+1 < len(keys) && i%50 == 0 {
			for _, left := range keys[i+1:] {
				if got := read(t, store, left); got != content(left) {
					t.Fatalf("%.60q: got %.60q after %.60q was deleted", left, got, key)
				}
			}
		}
	}
	if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("got file %s, expected none after all objects were deleted", path)
		}
		info, statErr := entry.Info()
		if statErr == nil && path != folder && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: got mode %s, expected no access for others", path, info.Mode())
		}
		return errors.Join(err, statErr)
	}); err != nil {
		t.Error(err)
	}
}

func TestKeysThatCannotBeAreRefused(t *testing.T) {
	store, client := startIn(t, t.TempDir())
	long := strings.Repeat("k", 1025)
	bucket := aws.String("bucket")
	_, put := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: &long, Body: strings.NewReader("x")})
	_, get := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: &long})
	_, copied := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: bucket, Key: &long, CopySource: aws.String("bucket/a")})
	_, upload := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &long})
	for name, err := range map[string]error{"put": put, "get": get, "copy": copied, "upload": upload} {
		if err == nil || !strings.Contains(err.Error(), "KeyTooLongError") {
			t.Errorf("%s of a key of 1,025 bytes: got error %v, expected KeyTooLongError", name, err)
		}
	}
	for _, key := range []string{"%FF", "a%C3", "%ED%A0%80", "%C0%AF", "a/%80/b"} {
		for _, method := range []string{http.MethodPut, http.MethodGet, http.MethodDelete} {
			r, err := http.NewRequestWithContext(t.Context(), method, *client.Options().BaseEndpoint+"/bucket/"+key, strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "InvalidURI") {
				t.Errorf("%s %s: got status %d, %s and error %v, expected InvalidURI", method, key, answer.StatusCode, text, err)
			}
		}
	}
	for key := range store.Keys(t.Context(), "bucket", "") {
		t.Errorf("got object %.60q, expected none", key)
	}
}

// listedBySDK returns all keys of a bucket, page by page. They are encoded:
// otherwise XML can't hold all of them.
func listedBySDK(t *testing.T, client *s3.Client, in *s3.ListObjectsV2Input) (list []string) {
	t.Helper()
	in.Bucket, in.EncodingType = aws.String("bucket"), types.EncodingTypeUrl
	decoded := func(text *string) string {
		key, err := url.PathUnescape(*text)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for pages := s3.NewListObjectsV2Paginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if in.MaxKeys != nil && int32(len(page.Contents)+len(page.CommonPrefixes)) > *in.MaxKeys || int(*page.KeyCount) != len(page.Contents)+len(page.CommonPrefixes) {
			t.Errorf("got %d keys and %d prefixes, expected %d", len(page.Contents), len(page.CommonPrefixes), *page.KeyCount)
		}
		both := []string{}
		for _, common := range page.CommonPrefixes {
			both = append(both, decoded(common.Prefix))
		}
		for _, object := range page.Contents {
			both = append(both, decoded(object.Key))
		}
		slices.Sort(both)
		list = append(list, both...)
	}
	return list
}

func TestListsWithPrefixesAndDelimiters(t *testing.T) {
	_, client := startIn(t, t.TempDir())
	for _, key := range []string{"a", "a/", "a/1", "a/2/x", "a/2/y", "a/3", "a-1", "b/1", "c,1", "c,2", "d"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		in       s3.ListObjectsV2Input
		expected string
	}{
		"all":                            {s3.ListObjectsV2Input{}, "a a-1 a/ a/1 a/2/x a/2/y a/3 b/1 c,1 c,2 d"},
		"a prefix":                       {s3.ListObjectsV2Input{Prefix: aws.String("a/")}, "a/ a/1 a/2/x a/2/y a/3"},
		"a prefix inside a name":         {s3.ListObjectsV2Input{Prefix: aws.String("a/2/")}, "a/2/x a/2/y"},
		"a delimiter":                    {s3.ListObjectsV2Input{Delimiter: aws.String("/")}, "a a-1 a/ b/ c,1 c,2 d"},
		"a prefix and a delimiter":       {s3.ListObjectsV2Input{Prefix: aws.String("a/"), Delimiter: aws.String("/")}, "a/ a/1 a/2/ a/3"},
		"a prefix without its slash":     {s3.ListObjectsV2Input{Prefix: aws.String("a"), Delimiter: aws.String("/")}, "a a-1 a/"},
		"another delimiter":              {s3.ListObjectsV2Input{Delimiter: aws.String(",")}, "a a-1 a/ a/1 a/2/x a/2/y a/3 b/1 c, d"},
		"after a key":                    {s3.ListObjectsV2Input{StartAfter: aws.String("a/2/x")}, "a/2/y a/3 b/1 c,1 c,2 d"},
		"after a key that is not there":  {s3.ListObjectsV2Input{StartAfter: aws.String("a/20")}, "a/3 b/1 c,1 c,2 d"},
		"after a key, with a delimiter":  {s3.ListObjectsV2Input{StartAfter: aws.String("a/2/x"), Delimiter: aws.String("/")}, "a/ b/ c,1 c,2 d"},
		"nothing":                        {s3.ListObjectsV2Input{Prefix: aws.String("z")}, ""},
		"a prefix that is a whole key":   {s3.ListObjectsV2Input{Prefix: aws.String("d")}, "d"},
		"a prefix and a key after it":    {s3.ListObjectsV2Input{Prefix: aws.String("a/"), StartAfter: aws.String("b")}, ""},
		"a prefix and a key before it":   {s3.ListObjectsV2Input{Prefix: aws.String("b/"), StartAfter: aws.String("a")}, "b/1"},
		"a prefix below, with delimiter": {s3.ListObjectsV2Input{Prefix: aws.String("a/2"), Delimiter: aws.String("/")}, "a/2/"},
	} {
		for _, pageSize := range []int32{1, 2, 3, 1000} {
			in := c.in
			in.MaxKeys = &pageSize
			if got := strings.Join(listedBySDK(t, client, &in), " "); got != c.expected {
				t.Errorf("%s, in pages of %d: got %q, expected %q", name, pageSize, got, c.expected)
			}
		}
	}
	if _, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("nowhere")}); err == nil || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Errorf("got %v, expected NoSuchBucket", err)
	}
	first, err := client.ListObjects(t.Context(), &s3.ListObjectsInput{Bucket: aws.String("bucket"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(3)})
	if err != nil || !*first.IsTruncated || *first.NextMarker != "a/" {
		t.Fatalf("got %+v and error %v, expected the first three", first, err)
	}
	second, err := client.ListObjects(t.Context(), &s3.ListObjectsInput{Bucket: aws.String("bucket"), Delimiter: aws.String("/"), Marker: first.NextMarker})
	if err != nil || *second.IsTruncated || len(second.CommonPrefixes) != 1 || *second.CommonPrefixes[0].Prefix != "b/" || len(second.Contents) != 3 {
		t.Errorf("got %+v and error %v, expected the rest after a/", second, err)
	}
}

func TestFilesOfAUserAreObjects(t *testing.T) {
	folder := t.TempDir()
	store, client := startIn(t, folder)
	at := func(key string) string { return filepath.Join(folder, "buckets", "bucket", filepath.FromSlash(key)) }
	for _, key := range []string{"v1.2/data", "data", "plain/x.json", "100%/x", "large.bin"} {
		content := []byte("of a user")
		if key == "large.bin" {
			content = bytes.Repeat([]byte("x"), 2<<20)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(at(key)), 0o700), os.WriteFile(at(key), content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(listedBySDK(t, client, &s3.ListObjectsV2Input{}), " "); got != "100%/x data large.bin plain/x.json v1.2/data" {
		t.Errorf("got %q, expected the files", got)
	}
	if got := read(t, store, "v1.2/data"); got != "of a user" {
		t.Errorf("got %q, expected the file", got)
	}
	for range 2 { // the second time, its checksum is known
		head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("large.bin")})
		if err != nil || *head.ETag != `"bb5dd4b6fa2fb3ab9f2ddd7bc2a7bf41"` && len(*head.ETag) != 34 || *head.ContentLength != 2<<20 {
			t.Errorf("got %+v and error %v, expected the file", head, err)
		}
	}
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("data"), Body: strings.NewReader("put")}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, store, "data"); got != "put" {
		t.Errorf("got %q, expected what was put", got)
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("data")}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(listedBySDK(t, client, &s3.ListObjectsV2Input{Prefix: aws.String("d")}), " "); got != "" {
		t.Errorf("got %q, expected neither object after it was deleted", got)
	}
}

func TestObjectsKeepTheirMetadata(t *testing.T) {
	_, client := startIn(t, t.TempDir())
	bucket := aws.String("bucket")
	put := &s3.PutObjectInput{Bucket: bucket, Key: aws.String("a.json"), Body: strings.NewReader("0123456789"), ContentType: aws.String("text/plain"),
		ContentDisposition: aws.String("attachment"), ContentEncoding: aws.String("identity"), Metadata: map[string]string{"owner": "me"}}
	out, err := client.PutObject(t.Context(), put)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"put": "a.json", "copied": "b/c"} {
		if key == "b/c" {
			if _, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: bucket, Key: &key, CopySource: aws.String("bucket/a.json")}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(got.Body)
		if err != nil || string(text) != "0123456789" || *got.ETag != *out.ETag || *got.ContentType != "text/plain" || got.Metadata["owner"] != "me" ||
			*got.ContentDisposition != "attachment" || *got.ContentEncoding != "identity" {
			t.Errorf("%s: got %q, %+v and error %v, expected what was put", name, text, got, err)
		}
	}
	for asked, expected := range map[string]string{"bytes=0-3": "0123", "bytes=4-": "456789", "bytes=-2": "89", "bytes=8-100": "89"} {
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("a.json"), Range: &asked})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(got.Body); err != nil || string(text) != expected {
			t.Errorf("%s: got %q and error %v, expected %q", asked, text, err, expected)
		}
	}
	if _, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("a.json"), Range: aws.String("bytes=10-")}); err == nil || !strings.Contains(err.Error(), "InvalidRange") {
		t.Errorf("got %v, expected InvalidRange", err)
	}
	for name, change := range map[string]func(*s3.PutObjectInput){
		"if none is there": func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") },
		"if it is another": func(in *s3.PutObjectInput) { in.IfMatch = aws.String(`"00000000000000000000000000000000"`) },
	} {
		again := *put
		again.Body = strings.NewReader("changed")
		change(&again)
		if _, err := client.PutObject(t.Context(), &again); err == nil || !strings.Contains(err.Error(), "PreconditionFailed") {
			t.Errorf("%s: got %v, expected PreconditionFailed", name, err)
		}
	}
	if _, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: bucket, Key: put.Key, CopySource: aws.String("bucket/a.json"),
		Metadata: map[string]string{"owner": "you"}, MetadataDirective: types.MetadataDirectiveReplace}); err != nil {
		t.Fatal(err)
	}
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: put.Key})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(got.Body); err != nil || string(text) != "0123456789" || *got.ETag != *out.ETag || got.Metadata["owner"] != "you" {
		t.Errorf("got %q, %+v and error %v, expected the object copied onto itself with other metadata", text, got, err)
	}
	put.Body, put.Metadata, put.IfMatch = strings.NewReader("new"), nil, out.ETag
	if _, err := client.PutObject(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	if got, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: put.Key}); err != nil || len(got.Metadata) > 0 || *got.ContentLength != 3 {
		t.Errorf("got %+v and error %v, expected no metadata of the object before", got, err)
	}
}

func TestNoBucketNameLeadsElsewhere(t *testing.T) {
	folder := t.TempDir()
	store, client := startIn(t, folder)
	for _, name := range []string{"", ".", "..", "../records", "a/b", "a\\b", "a\x00b"} {
		if err := store.CreateBucket(name); err == nil {
			t.Errorf("%q: got no error, expected one", name)
		}
		if _, err := store.Open(t.Context(), name, "a"); err == nil {
			t.Errorf("%q: got an object, expected an error", name)
		}
		if _, err := store.Create(t.Context(), name, "a"); err == nil {
			t.Errorf("%q: got an object to write, expected an error", name)
		}
	}
	base := *client.Options().BaseEndpoint
	for _, path := range []string{"/../records/x", "/..%2frecords/x", "/%2e%2e/x", "/./x", "/%2e/x", "//x", "/bucket%2f..%2f..%2fx/y"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, base+path, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := http.DefaultClient.Do(r); err != nil {
			t.Error(err)
		} else {
			answer.Body.Close()
		}
	}
	for _, left := range []string{"buckets", "records", "uploads"} {
		if err := filepath.WalkDir(filepath.Join(folder, left), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !strings.HasPrefix(path, filepath.Join(folder, "buckets", "bucket")+"/") {
				return fmt.Errorf("got file %s, expected none outside the bucket", path)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "x")); err == nil {
		t.Error("got a file beside the buckets, expected none")
	}
}

// startIn serves the store of a folder with one bucket.
func startIn(t *testing.T, folder string) (*objectstore.Store, *s3.Client) {
	t.Helper()
	store, err := objectstore.New(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(store.BucketFolder("bucket")); err != nil {
		if err := store.CreateBucket("bucket"); err != nil {
			t.Fatal(err)
		}
	}
	return store, serve(t, store)
}
