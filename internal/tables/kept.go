package tables

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/diskcache"
	"github.com/mapjob/mapjob/internal/inputs"
	"github.com/mapjob/mapjob/internal/nodejs"
	"github.com/mapjob/mapjob/internal/reads"
)

// kept are tables that were filled from files, in the form of the database.
type kept struct {
	cache diskcache.Cache
	name  string
}

const (
	format     = 1 // of what is kept; another one has other names
	mostKept   = 5
	seedsFile  = "seeds.json"
	dataFolder = "tables"
)

// kept returns where the tables are kept, which may not be there yet. It reports
// false if they can't be kept: a pipe can be read only once.
func (t *Tables) kept() (*kept, bool) {
	if t.Kept == "" || len(t.Seeds) == 0 {
		return nil, false
	}
	name, ok := t.key()
	return &kept{diskcache.Cache{Folder: t.Kept, Most: mostKept}, name}, ok
}

// key sums what the tables are made from.
func (t *Tables) key() (string, bool) {
	dynalite, err := nodejs.Package(t.Project, "dynalite", "")
	if err != nil {
		return "", false
	}
	files := []string{filepath.Join(dynalite, "package.json")} // has its version
	made := []any{format, t.Schemas, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), os.Getenv("AWS_ACCOUNT_ID")}
	for _, seed := range t.Seeds {
		files = append(files, seed.From)
		made = append(made, seed.Name, seed.Table, seed.From)
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return "", false
		}
		is, err := (inputs.Input{Access: reads.Opened, Path: path}).Now()
		if err != nil {
			return "", false
		}
		made = append(made, is)
	}
	text, err := json.Marshal(made)
	return fmt.Sprintf("%x", sha256.Sum256(text)), err == nil
}

// use copies the tables to a folder, and notes how many records the seeds had. It
// reports whether the tables are there.
func (k *kept) use(data string, seeds []Seed) bool {
	entry := filepath.Join(k.cache.Folder, k.name)
	text, err := os.ReadFile(filepath.Join(entry, seedsFile))
	var filled []Seed
	if err != nil || json.Unmarshal(text, &filled) != nil || !k.cache.Copy(entry, dataFolder, data) {
		return false
	}
	return copy(seeds, filled) == len(seeds)
}

// keep keeps the tables in a folder. If that fails, the next run fills its tables from
// the files.
func (k *kept) keep(data string, seeds []Seed) {
	entry, err := k.cache.New()
	if err != nil {
		return
	}
	defer os.RemoveAll(entry) // it was renamed if it is kept
	text, err := json.Marshal(seeds)
	if err == nil {
		err = os.WriteFile(filepath.Join(entry, seedsFile), text, 0o600)
	}
	if err == nil {
		err = diskcache.CopyFolder(filepath.Join(entry, dataFolder), data)
	}
	if err == nil {
		_ = k.cache.Keep(entry, k.name)
	}
}
