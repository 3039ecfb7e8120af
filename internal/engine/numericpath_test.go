package engine_test

import (
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/objects/objectstest"
)

// A path of a field that takes a number fails in one way if it refers to no value,
// in another if it refers to no number.
func TestPathsOfNumbers(t *testing.T) {
	mapState := func(fields string) string {
		return `{"StartAt":"S","States":{"S":{"Type":"Map","ItemsPath":"$.items",` + fields + `,"End":true,"ItemProcessor":{
			"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`
	}
	task := func(fields string) string {
		return `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` + fields + `,"End":true}}}`
	}
	reader := `"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b","Key":"k"},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.n.max"}}`
	for field, definition := range map[string]string{
		"TimeoutSecondsPath":        task(`"TimeoutSecondsPath":"$.n.max"`),
		"HeartbeatSecondsPath":      task(`"HeartbeatSecondsPath":"$.n.max"`),
		"MaxConcurrencyPath":        mapState(`"MaxConcurrencyPath":"$.n.max"`),
		"ToleratedFailureCountPath": mapState(`"ToleratedFailureCountPath":"$.n.max"`),
		"MaxItemsPerBatchPath":      mapState(`"ItemBatcher":{"MaxItemsPerBatchPath":"$.n.max"}`),
		"MaxInputBytesPerBatchPath": mapState(`"ItemBatcher":{"MaxInputBytesPerBatchPath":"$.n.max"}`),
		"MaxItemsPath":              strings.Replace(mapState(reader), `"ItemsPath":"$.items",`, "", 1),
	} {
		options := []engine.Option{engine.WithIntegration(lambda, payload), engine.WithObjects(&objectstest.Memory{Objects: map[string]string{"b/k": "[1]"}})}
		fails(t, run(t, definition, `{"items":[1],"n":{}}`, options...), "States.Runtime", "Invalid path '$.n.max' : No results for path: $['n']['max']")
		fails(t, run(t, definition, `{"items":[1]}`, options...), "States.Runtime", "Invalid path '$.n.max' : Missing property in path $['n']")
		fails(t, run(t, definition, `{"items":[1],"n":{"max":1.5}}`, options...), "States.Runtime", "The "+field+` field refers to value "1.5" which is not a valid integer: $.n.max`)
		fails(t, run(t, definition, `{"items":[1],"n":{"max":null}}`, options...), "States.Runtime", "The "+field+` field refers to value "null" which is not a valid integer: $.n.max`)
	}
}
