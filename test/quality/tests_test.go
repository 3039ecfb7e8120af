package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestTestsThatKeepTemplatesAreFound(t *testing.T) {
	found, err := keepers(".")
	if err != nil {
		t.Fatal(err)
	}
	for of, test := range map[string]string{
		"constructs/mapjob": "TestSnapshots", "test/soak/forms": "TestSample", "test/security": "TestCDKNagFindsNothing", "test/consumer": "TestAJobOfInit",
	} {
		if !slices.Contains(found[of], test) {
			t.Errorf("got the tests %q of %s, expected %s among them", found[of], of, test)
		}
	}
	for of, tests := range found {
		if slices.Contains(tests, "TestMain") || slices.ContainsFunc(tests, func(name string) bool { return !strings.HasPrefix(name, "Test") }) {
			t.Errorf("got the tests %q of %s, expected no other functions", tests, of)
		}
	}

	module := t.TempDir()
	write(t, module, map[string]string{
		"new/shop/shop_test.go": `package shop
func TestDirect(t *testing.T) { t.Run("x", func(t *testing.T) { synthesis.Reviewed(t, "x", nil) }) }
func TestByHelpers(t *testing.T) { one(t) }
func TestByAMethod(t *testing.T) { shop{}.keep(t) }
func TestOther(t *testing.T) { synthesis.Synthesize(t, nil) }
`,
		"new/shop/helpers_test.go": `package shop
func one(t *testing.T) { two(t) }
func two(t *testing.T) { synthesis.Keep(t, "x", nil) }
func (shop) keep(t *testing.T) { review.Assembly("", "", "") }
`,
		"new/none/none_test.go": "package none\nfunc TestOther(t *testing.T) {}\n",
	})
	found, err = keepers(module)
	expected := map[string][]string{"new/shop": {"TestByAMethod", "TestByHelpers", "TestDirect"}}
	if err != nil || !maps.EqualFunc(found, expected, slices.Equal) {
		t.Errorf("got %v and error %v, expected %v", found, err, expected)
	}
	if err := runTests(t.Context(), t.TempDir(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "found no test that keeps templates") {
		t.Errorf("got error %v in a folder without tests, expected one that says so", err)
	}
}
