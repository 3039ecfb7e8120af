package engine_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
)

func TestJSONPathDataFlow(t *testing.T) {
	x := run(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"InputPath":"$.order","Parameters":{"FunctionName":"f","Payload":{"id.$":"$.id","by.$":"$$.State.Name"}},"ResultSelector":{"got.$":"$.Payload.id"},"ResultPath":"$.result","OutputPath":"$.result"}}}`,
		`{"order":{"id":7}}`, engine.WithIntegration(lambda, payload))
	succeeds(t, x, `{"got":7}`)
}

func TestAssignSeesOldValues(t *testing.T) {
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"n":1},"Next":"B"},
		"B":{"Type":"Pass","Assign":{"n":"{% $n + 1 %}","m":"{% $n %}"},"Output":{"n":"{% $n %}"},"Next":"C"},
		"C":{"Type":"Pass","Output":["{% $states.input.n %}","{% $n %}","{% $m %}"],"End":true}}}`, `{}`)
	succeeds(t, x, `[1,2,1]`)
}

func TestVariablesOfAnIterationStayInside(t *testing.T) {
	x := run(t, `{"StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"x":1},"Next":"M"},
		"M":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"y.$":"$"},"Parameters":{"x.$":"$x"},"Next":"J"},
			"J":{"Type":"Pass","Parameters":{"x.$":"$.x","y.$":"$y"},"End":true}}},"Next":"Z"},
		"Z":{"Type":"Pass","Parameters":{"l.$":"$","y.$":"$y"},"End":true}}}`, `{"l":["a","b"]}`)
	fails(t, x, "States.Runtime", "$y")
}
