package jobstart

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
)

// name returns the address by which the input names the items: an object in the
// job's own folder of the results bucket, which every job takes. If the job's Map
// reads it itself, name stores the items once more where the Map reads them: the
// job's Source may name another bucket or key.
func (i *Items) name(ctx context.Context, reader *asl.ItemReader, readInput *asl.State, machine string, stores bool) (protocol.Items, error) {
	given := i.at(itemsKey)
	if stores {
		switch {
		case reader.InputType == "JSONL":
		case reader.InputType == "JSON":
			given = i.at(arrayKey)
		case reader.Resource.Action == "listObjectsV2":
			return given, unreadable("a list of objects")
		default:
			return given, unreadable(reader.InputType)
		}
	}
	assigned, err := assignedBy(readInput, given, machine)
	if err != nil {
		return given, err
	}
	if results := assigned.Results.Bucket; results != "" {
		given.Bucket, given.Key = results, machine+"/"+given.Key
		given.Prefix = given.Key
		if assigned, err = assignedBy(readInput, given, machine); err != nil {
			return given, err
		}
	}
	address := given
	if assigned.Items != nil {
		address = *assigned.Items
	}
	if !stores || address.Bucket == Bucket && address.Key == itemsKey {
		return given, nil
	}
	begin, between, end := "", "", ""
	if reader.InputType == "JSON" {
		begin, between, end = array(reader.ItemsPointer)
	}
	if err := i.copyTo(ctx, address, begin, between, end); err != nil {
		return given, fmt.Errorf("storing the items where the job's Source is: %w", err)
	}
	return given, nil
}

func unreadable(format string) error {
	return fmt.Errorf("the job's Map reads %s, expected JSON Lines or JSON, as which items of a file can be stored: "+
		"give the job a Source of one of these, an InputList or ByReference", format)
}

// variables are those that the state ReadInput assigns.
type variables struct {
	Items   *protocol.Items // where the Map reads items
	Results protocol.Results
}

// assignedBy returns what the state ReadInput assigns if the execution's input has
// this address.
func assignedBy(readInput *asl.State, given protocol.Items, machine string) (read variables, err error) {
	if readInput.Assign == nil {
		return read, nil
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
		Context: expression.ContextFunc(func() *value.Object {
			return value.NewObject("Execution", execution, "State", value.NewObject("Name", readInput.Name), "StateMachine", value.NewObject("Id", "", "Name", machine))
		})})
	if err != nil {
		return read, fmt.Errorf("state %s: %w", readInput.Name, err)
	}
	if err := json.Unmarshal(value.Append(nil, assigned), &read); err != nil {
		return read, fmt.Errorf("state %s: got the variables %s, expected the items' bucket and key: %w", readInput.Name, value.Text(assigned), err)
	}
	return read, nil
}

// array returns the text around the elements of an array in an object, and between
// them. Every name of the pointer is that of an object's member, also a number.
func array(pointer string) (begin, between, end string) {
	if pointer == "" {
		return "[", ",", "]"
	}
	var opened strings.Builder
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		name, _ := json.Marshal(strings.NewReplacer("~1", "/", "~0", "~").Replace(name)) // a string has JSON
		fmt.Fprintf(&opened, "{%s:", name)
	}
	return opened.String() + "[", ",", "]" + strings.Repeat("}", 1+strings.Count(strings.TrimPrefix(pointer, "/"), "/"))
}

// copyTo stores the items at an address, with text around them and between them.
func (i *Items) copyTo(ctx context.Context, to protocol.Items, begin, between, end string) (err error) {
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
