package dynamodb

import (
	"fmt"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/value"
)

// mostInTransaction is the largest number of requests in a transaction (API
// reference, "TransactWriteItems").
const mostInTransaction = 100

// rememberTokens is how long the ClientRequestToken of a transaction is remembered.
const rememberTokens = 10 * time.Minute

// transaction is one that was done.
type transaction struct {
	items string // its requests
	done  time.Time
}

// transactItems returns the requests of a transaction.
func transactItems(r *request.Request) []*request.Request {
	r.Required("TransactItems")
	list := r.List("TransactItems")
	if n := len(list); r.Has("TransactItems") && (n == 0 || n > mostInTransaction) {
		bound := fmt.Sprintf("Member must have length less than or equal to %d", mostInTransaction)
		if n == 0 {
			bound = "Member must have length greater than or equal to 1"
		}
		r.Constrain("TransactItems", "'"+value.Text(list)+"'", bound)
	}
	var requests []*request.Request
	for i, v := range list {
		members, _ := v.(*value.Object)
		requests = append(requests, request.New(members, fmt.Sprintf("transactItems.%d.member.", i+1)))
	}
	return requests
}

// transactWrite handles TransactWriteItems.
func (d *Database) transactWrite(r *request.Request) (*value.Object, *request.Refusal) {
	items := transactItems(r)
	token, _ := r.Text("ClientRequestToken")
	r.Options()
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	answer := value.NewObject()
	asked := value.Text(r.List("TransactItems"))
	if before, ok := d.transactions[token]; ok && token != "" && time.Since(before.done) < rememberTokens {
		if before.items != asked {
			return nil, request.Refusef("IdempotentParameterMismatchException",
				"The request uses the same client token as a previous, but non-identical request")
		}
		return answer, nil
	}
	var writes []*write
	for _, one := range items {
		w, refused := readTransactWrite(one)
		if refused != nil {
			return nil, refused
		}
		writes = append(writes, w)
	}
	changes, refused := d.prepareTransaction(writes)
	if refused != nil {
		return nil, refused
	}
	used := newUnits()
	for i, c := range changes {
		c.apply()
		used.add(writes[i].table, 2*max(writeUnits(c.old), writeUnits(c.item)))
	}
	if token != "" {
		d.transactions[token] = transaction{asked, time.Now()}
	}
	used.answer(r, answer)
	return answer, nil
}

// readTransactWrite reads one of the writes of a transaction.
func readTransactWrite(r *request.Request) (*write, *request.Refusal) {
	kinds := []struct{ name, member string }{{"ConditionCheck", "Key"}, {"Put", "Item"}, {"Delete", "Key"}, {"Update", "Key"}}
	var w *write
	for _, kind := range kinds {
		if !r.Has(kind.name) {
			continue
		}
		if w != nil {
			return nil, request.Invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		one := r.Within(kind.name)
		expressions := []string{"ConditionExpression"}
		switch kind.name {
		case "ConditionCheck":
			one.Required("ConditionExpression")
		case "Update":
			one.Required("UpdateExpression")
			expressions = []string{"UpdateExpression", "ConditionExpression"}
		}
		if refused := r.Refused(); refused != nil {
			return nil, refused
		}
		var refused *request.Refusal
		if w, refused = readWrite(one, kind.member, expressions, nil); refused != nil {
			return nil, refused
		}
		w.checks, w.deletes = kind.name == "ConditionCheck", kind.name == "Delete"
	}
	if w == nil {
		return nil, request.Invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	}
	return w, nil
}

// prepareTransaction returns what the writes of a transaction do. If one of them
// can't be done, the refusal has the reasons of all.
func (d *Database) prepareTransaction(writes []*write) ([]*change, *request.Refusal) {
	if refused := d.distinct(writes, "Transaction request cannot include multiple operations on one item"); refused != nil {
		return nil, refused
	}
	changes := make([]*change, len(writes))
	reasons, codes := make([]any, len(writes)), make([]string, len(writes))
	cancelled := false
	for i, w := range writes {
		c, refused := d.prepare(w)
		reasons[i], codes[i] = value.NewObject("Code", "None"), "None"
		switch {
		case refused != nil:
			cancelled = true
			codes[i] = map[string]string{"ConditionalCheckFailedException": "ConditionalCheckFailed", "ValidationException": "ValidationError"}[refused.Name]
			reason := value.NewObject("Code", codes[i], "Message", refused.Message)
			for name, v := range refused.Members.All() {
				reason.Add(name, v)
			}
			reasons[i] = reason
			continue
		}
		changes[i] = c
	}
	if cancelled {
		refused := request.Refusef("TransactionCanceledException",
			"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
		refused.Members = value.NewObject("CancellationReasons", reasons)
		return nil, refused
	}
	return changes, nil
}

// transactGet handles TransactGetItems.
func (d *Database) transactGet(r *request.Request) (*value.Object, *request.Refusal) {
	items := transactItems(r)
	r.Options()
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	responses := []any{}
	used := newUnits()
	for _, item := range items {
		item.Required("Get")
		one := item.Within("Get")
		table := one.TableName()
		one.Required("Key")
		key := one.Attributes("Key")
		for _, part := range []*request.Request{item, one} {
			if refused := part.Refused(); refused != nil {
				return nil, refused
			}
		}
		if refused := request.Invalid(attribute.InvalidMap(key)); refused != nil {
			return nil, refused
		}
		e, refused := one.Expressions()
		if refused != nil {
			return nil, refused
		}
		f, refused := d.read(table, key, e.Projection)
		if refused != nil {
			return nil, refused
		}
		response := value.NewObject()
		if f.projected != nil {
			response.Add("Item", f.projected)
		}
		responses = append(responses, response)
		used.add(table, 2*readUnits(f.size, true))
	}
	answer := value.NewObject("Responses", responses)
	used.answer(r, answer)
	return answer, nil
}
