package jobstart

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
)

// storeForReader stores the items once more if the job's Map reads them as a JSON
// array, or from a bucket or key that the job's Source names. It returns the
// address that the input gives to the job.
func (i *Items) storeForReader(ctx context.Context, reader *asl.ItemReader, readInput *asl.State) (protocol.Items, error) {
	given := i.at(itemsKey)
	switch {
	case reader.InputType == "JSONL":
	case reader.InputType == "JSON" && reader.ItemsPointer == "":
		given = i.at(arrayKey)
	case reader.Resource.Action == "listObjectsV2":
		return given, unreadable("a list of objects")
	case reader.InputType == "JSON":
		return given, unreadable("JSON below " + reader.ItemsPointer)
	default:
		return given, unreadable(reader.InputType)
	}
	address, err := addressRead(readInput, given)
	if err != nil {
		return given, err
	}
	if address.Bucket == Bucket && address.Key == itemsKey {
		return given, nil
	}
	if err := i.copyTo(ctx, address, reader.InputType == "JSON"); err != nil {
		return given, fmt.Errorf("storing the items where the job's Source is: %w", err)
	}
	return given, nil
}

func unreadable(format string) error {
	return fmt.Errorf("the job's Map reads %s, expected JSON Lines or JSON, as which items of a file can be stored: "+
		"give the job a Source of one of these, an InputList or ByReference", format)
}

// addressRead returns where the job's Map reads items if the execution's input
// has this address: the job's Source may name another bucket or key.
func addressRead(readInput *asl.State, given protocol.Items) (read protocol.Items, err error) {
	if readInput.Assign == nil {
		return given, nil
	}
	text, err := json.Marshal(map[string]any{"items": given})
	if err != nil {
		return read, err
	}
	input, err := value.Parse(text)
	if err != nil {
		return read, err
	}
	execution := value.NewObject("Id", "", "Input", input, "Name", "", "RoleArn", "", "StartTime", "", "RedriveCount", 0.0)
	assigned, err := readInput.Assign.Evaluate(&expression.Scope{Input: input, Now: time.Now(), Random: rand.New(rand.NewPCG(0, 0)),
		Context: func() *value.Object {
			return value.NewObject("Execution", execution, "State", value.NewObject("Name", readInput.Name), "StateMachine", value.NewObject("Id", "", "Name", ""))
		}})
	if err != nil {
		return read, fmt.Errorf("state %s: %w", readInput.Name, err)
	}
	variables, _ := assigned.(*value.Object)
	items, _ := variables.Get("items")
	if err := json.Unmarshal(value.Append(nil, items), &read); err != nil {
		return read, fmt.Errorf("state %s: got the items %s, expected their bucket and key", readInput.Name, value.Text(items))
	}
	return read, nil
}

// copyTo stores the items at an address, as JSON Lines or as an array.
func (i *Items) copyTo(ctx context.Context, to protocol.Items, array bool) (err error) {
	stored, err := i.objects.Open(ctx, Bucket, itemsKey)
	if err != nil {
		return err
	}
	defer stored.Close()
	object, err := i.objects.Create(ctx, to.Bucket, to.Key)
	if err != nil {
		return err
	}
	lines, w := bufio.NewReaderSize(stored, 1<<20), bufio.NewWriterSize(object, 1<<20)
	defer func() { err = objects.Finish(object, err) }()
	begin, between, end := "", "", ""
	if array {
		begin, between, end = "[", ",", "]"
	}
	_, _ = w.WriteString(begin) // Flush reports an error
	for n := range i.Count {
		if n > 0 {
			_, _ = w.WriteString(between)
		}
		if err := copyLine(w, lines); err != nil {
			return err
		}
	}
	_, _ = w.WriteString(end)
	return w.Flush()
}
