package devloop

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mapjob/mapjob/test/bench/figure"
)

// synth measures cdk synth of the sample, warm, beside that of an app in JavaScript
// with the same resources. The app has the constructs of CloudFormation alone, and no
// functions to build, so it is faster than an app in TypeScript with the sample's
// constructs would be.
func synth(w *figure.Workplace) (figure.Sides, error) {
	c, err := newCheckout(w)
	if err != nil {
		return figure.Sides{}, err
	}
	cdk := filepath.Join(c.folder, "node_modules", ".bin", "cdk")
	ours := func() (float64, error) {
		began := time.Now()
		err := c.do(cdk, "synth", "--quiet")
		return time.Since(began).Seconds(), err
	}
	if _, err := ours(); err != nil { // fills jsii's cache, too
		return figure.Sides{}, err
	}
	resources := filepath.Join(c.folder, "peer.json")
	if err := onlyResources(filepath.Join(c.folder, "cdk.out", "Invoicing.template.json"), resources); err != nil {
		return figure.Sides{}, err
	}
	modules, err := jsiiModules(filepath.Join(c.folder, "peer"))
	if err != nil {
		return figure.Sides{}, err
	}
	app := fmt.Sprintf("NODE_PATH=%s node test/bench/peers/synth.cjs %s", modules, resources)
	return figure.Sides{Ours: ours, Peer: func() (float64, error) {
		began := time.Now()
		err := c.do(cdk, "synth", "--quiet", "--output", "peer.out", "--app", app)
		return time.Since(began).Seconds(), err
	}}, nil
}

// onlyResources copies a template without what the CDK adds to each.
func onlyResources(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var template struct{ Resources map[string]json.RawMessage }
	if err := json.Unmarshal(text, &template); err != nil {
		return err
	}
	delete(template.Resources, "CDKMetadata")
	if text, err = json.Marshal(template); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// jsiiModules links the packages that the Go app runs with, which jsii has in its
// cache, and returns their folder.
func jsiiModules(folder string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(folder, "@aws-cdk"), 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"aws-cdk-lib", "constructs", "@aws-cdk/cloud-assembly-schema"} {
		found, _ := filepath.Glob(filepath.Join(cache, "aws", "jsii", "package-cache", name, "*", "*", "package.json"))
		if len(found) == 0 {
			return "", errors.New("jsii's cache has no " + name)
		}
		if err := os.Symlink(filepath.Dir(found[0]), filepath.Join(folder, name)); err != nil {
			return "", err
		}
	}
	return folder, nil
}
