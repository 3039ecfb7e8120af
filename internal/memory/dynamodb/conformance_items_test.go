package dynamodb_test

import (
	"fmt"
	"slices"
	"strings"
)

func conformance() []group {
	return []group{
		{"a lock", lockRequests()},
		{"conditions", conditionRequests()},
		{"updates", updateRequests()},
		{"numbers and values", valueRequests()},
		{"projections", projectionRequests()},
		{"keys", keyRequests()},
		{"expressions that are refused", refusedExpressions()},
		{"parameters that are refused", refusedParameters()},
		{"queries", queryRequests()},
		{"scans", scanRequests()},
		{"batches", batchRequests()},
		{"older parameters", olderRequests()},
	}
}

// lockRequests are those of a job's lock and of Once.
func lockRequests() []exchange {
	return slices.Concat(
		on("GetItem", "Locks", `{"Key": {"id": {"S": "job"}}, "ConsistentRead": true}`),
		on("PutItem", "Locks",
			`{"Item": {"id": {"S": "job"}, "owner": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(#o) OR #o = :me", "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S": "a"}}}`,
			`{"Item": {"id": {"S": "job"}, "owner": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(#o) OR #o = :me", "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S": "a"}}}`,
			`{"Item": {"id": {"S": "job"}, "owner": {"S": "b"}}, "ConditionExpression": "attribute_not_exists(#o) OR #o = :me", "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S": "b"}}}`,
			`{"Item": {"id": {"S": "job"}, "owner": {"S": "b"}}, "ConditionExpression": "#o IN (:me, :ended)", "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S": "b"}, ":ended": {"S": "a"}}}`,
			`{"Item": {"id": {"S": "job"}}, "ConditionExpression": "attribute_not_exists(id)"}`,
			`{"Item": {"id": {"S": "key"}, "status": {"S": "begun"}, "owner": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}`,
			`{"Item": {"id": {"S": "key"}, "status": {"S": "done"}, "owner": {"S": "a"}}, "ConditionExpression": "#owner = :owner AND #status = :status", "ExpressionAttributeNames": {"#owner": "owner", "#status": "status"}, "ExpressionAttributeValues": {":owner": {"S": "a"}, ":status": {"S": "begun"}}, "ReturnValues": "ALL_OLD"}`,
		),
		on("GetItem", "Locks", `{"Key": {"id": {"S": "job"}}}`, `{"Key": {"id": {"S": "key"}}, "ConsistentRead": true}`),
		on("DeleteItem", "Locks",
			`{"Key": {"id": {"S": "job"}}, "ConditionExpression": "#o = :me", "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S": "a"}}}`,
			`{"Key": {"id": {"S": "job"}}, "ConditionExpression": "#o = :me", "ExpressionAttributeNames": {"#o": "owner"}, "ExpressionAttributeValues": {":me": {"S": "b"}}, "ReturnValues": "ALL_OLD"}`,
			`{"Key": {"id": {"S": "job"}}}`,
			`{"Key": {"id": {"S": "job"}}, "ConditionExpression": "attribute_exists(id)"}`),
	)
}

// everything is an item with values of all kinds.
const everything = `{"id": {"S": "all"}, "txt": {"S": "hello wörld"}, "n": {"N": "12.5"}, "neg": {"N": "-3"}, "bin": {"B": "AAEC"}, "yes": {"BOOL": true}, "never": {"BOOL": false},
	"nothing": {"NULL": true}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.50"]}, "bs": {"BS": ["AA==", "AQ=="]},
	"l": {"L": [{"S": "x"}, {"N": "1"}, {"L": [{"S": "deep"}]}]}, "m": {"M": {"k": {"S": "v"}, "nested": {"M": {"n": {"N": "7"}}}}}, "blank": {"S": ""}}`

// conditionRequests put an item again under conditions, some of which hold.
func conditionRequests() []exchange {
	list := put("Locks", everything)
	for _, c := range [][2]string{ // condition, values
		{"n > :v", `{":v": {"N": "12"}}`},
		{"n < :v", `{":v": {"N": "12"}}`},
		{"n >= :v", `{":v": {"N": "12.50"}}`},
		{"n <= :v", `{":v": {"N": "1.25e1"}}`},
		{"n <> :v", `{":v": {"N": "12.5"}}`},
		{"n = :v", `{":v": {"S": "12.5"}}`},
		{"n <> :v", `{":v": {"S": "12.5"}}`},
		{"neg < :v", `{":v": {"N": "-2.9"}}`},
		{"neg BETWEEN :a AND :b", `{":a": {"N": "-10"}, ":b": {"N": "-3"}}`},
		{"neg between :a and :b", `{":a": {"N": "-2"}, ":b": {"N": "0"}}`},
		{"txt < :v", `{":v": {"S": "i"}}`},
		{"txt = :v", `{":v": {"S": "hello wörld"}}`},
		{"begins_with(txt, :v)", `{":v": {"S": "hell"}}`},
		{"begins_with(txt, :v)", `{":v": {"S": "ell"}}`},
		{"contains(txt, :v)", `{":v": {"S": "wör"}}`},
		{"contains(ss, :v)", `{":v": {"S": "b"}}`},
		{"contains(ss, :v)", `{":v": {"S": "c"}}`},
		{"contains(ns, :v)", `{":v": {"N": "2.5"}}`},
		{"contains(l, :v)", `{":v": {"S": "x"}}`},
		{"contains(l, :v)", `{":v": {"N": "1"}}`},
		{"contains(bs, :v)", `{":v": {"B": "AQ=="}}`},
		{"contains(n, :v)", `{":v": {"N": "1"}}`},
		{"bin > :v", `{":v": {"B": "AAA="}}`},
		{"begins_with(bin, :v)", `{":v": {"B": "AAE="}}`},
		{"yes = :v", `{":v": {"BOOL": true}}`},
		{"never = :v", `{":v": {"BOOL": true}}`},
		{"nothing = :v", `{":v": {"NULL": true}}`},
		{"ss = :v", `{":v": {"SS": ["b", "a"]}}`},
		{"ss = :v", `{":v": {"SS": ["a"]}}`},
		{"txt IN (:a, :b, :c)", `{":a": {"S": "x"}, ":b": {"N": "1"}, ":c": {"S": "hello wörld"}}`},
		{"txt IN (:a)", `{":a": {"S": "x"}}`},
		{"attribute_exists(txt)", ""},
		{"attribute_exists(m.k)", ""},
		{"attribute_exists(m.other)", ""},
		{"attribute_exists(l[2][0])", ""},
		{"attribute_exists(l[3])", ""},
		{"attribute_not_exists(m.nested.n)", ""},
		{"attribute_not_exists(absent)", ""},
		{"attribute_type(n, :v)", `{":v": {"S": "N"}}`},
		{"attribute_type(m, :v)", `{":v": {"S": "L"}}`},
		{"attribute_type(absent, :v)", `{":v": {"S": "NULL"}}`},
		{"m.nested.n = :v", `{":v": {"N": "7"}}`},
		{"l[1] = :v", `{":v": {"N": "1"}}`},
		{"l[2][0] = :v", `{":v": {"S": "deep"}}`},
		{"size(txt) = :v", `{":v": {"N": "11"}}`},
		{"size(ss) > :v", `{":v": {"N": "1"}}`},
		{"size(l) = :v AND size(m) = :w", `{":v": {"N": "3"}, ":w": {"N": "2"}}`},
		{"size(bin) < :v", `{":v": {"N": "3"}}`},
		{"size(n) = :v", `{":v": {"N": "4"}}`},
		{":v = n", `{":v": {"N": "12.5"}}`},
		{"n = neg", ""},
		{"absent = :v", `{":v": {"N": "12.5"}}`},
		{"absent <> :v", `{":v": {"N": "12.5"}}`},
		{"absent < :v", `{":v": {"N": "12.5"}}`},
		{"NOT n = :v", `{":v": {"N": "12.5"}}`},
		{"NOT attribute_exists(absent) AND n = :v", `{":v": {"N": "12.5"}}`},
		{"n = :a OR n = :b AND n = :a", `{":a": {"N": "12.5"}, ":b": {"N": "1"}}`},
		{"(n = :a OR n = :b) AND n = :b", `{":a": {"N": "12.5"}, ":b": {"N": "1"}}`},
		{"NOT (n = :a AND (yes = :b OR never = :b))", `{":a": {"N": "12.5"}, ":b": {"BOOL": true}}`},
		{"(n) = (:a)", `{":a": {"N": "12.5"}}`},
		{"(size(l)) = :a", `{":a": {"N": "3"}}`},
		{"not (not n=:a)", `{":a": {"N": "12.5"}}`},
	} {
		values := ""
		if c[1] != "" {
			values = `, "ExpressionAttributeValues": ` + c[1]
		}
		list = append(list, exchange{operation: "PutItem", request: fmt.Sprintf(`{"TableName": "Locks", "Item": %s, "ConditionExpression": %q%s}`, everything, c[0], values)})
	}
	return append(list, on("GetItem", "Locks", `{"Key": {"id": {"S": "all"}}}`)...)
}

// update returns an update of the item all, with what it returns.
func update(text, values, returned string) exchange {
	if values != "" {
		values = `, "ExpressionAttributeValues": ` + values
	}
	return exchange{operation: "UpdateItem", request: fmt.Sprintf(`{"TableName": "Locks", "Key": {"id": {"S": "all"}}, "UpdateExpression": %q, "ReturnValues": %q%s}`, text, returned, values)}
}

func updateRequests() []exchange {
	list := put("Locks", everything)
	list = append(list,
		update("SET a = :v", `{":v": {"S": "new"}}`, "ALL_NEW"),
		update("SET a = :v, b = n, m.k = :w", `{":v": {"S": "newer"}, ":w": {"N": "1"}}`, "UPDATED_OLD"),
		update("SET m.nested.n = m.nested.n + :v", `{":v": {"N": "0.5"}}`, "UPDATED_NEW"),
		update("SET n = n - :v", `{":v": {"N": "20"}}`, "UPDATED_NEW"),
		update("SET n = :v + :v", `{":v": {"N": "0.1"}}`, "ALL_OLD"),
		update("SET once = if_not_exists(once, :v)", `{":v": {"N": "1"}}`, "UPDATED_NEW"),
		update("SET once = if_not_exists(once, :v) + :w", `{":v": {"N": "5"}, ":w": {"N": "3"}}`, "UPDATED_NEW"),
		update("SET l = list_append(l, :v)", `{":v": {"L": [{"S": "last"}]}}`, "UPDATED_NEW"),
		update("SET l = list_append(:v, l)", `{":v": {"L": [{"S": "first"}]}}`, "UPDATED_NEW"),
		update("SET l[0] = :v", `{":v": {"S": "changed"}}`, "ALL_NEW"),
		update("SET l[99] = :v", `{":v": {"S": "beyond"}}`, "ALL_NEW"),
		update("SET l[3][0] = :v", `{":v": {"S": "deeper"}}`, "ALL_NEW"),
		update("REMOVE l[0]", "", "ALL_NEW"),
		update("REMOVE a, b", "", "ALL_NEW"),
		update("REMOVE m.nested.n SET m.#x = :v", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("ADD tally :v", `{":v": {"N": "1"}}`, "UPDATED_NEW"),
		update("ADD tally :v", `{":v": {"N": "-3.5"}}`, "UPDATED_NEW"),
		update("ADD ss :v", `{":v": {"SS": ["b", "c"]}}`, "ALL_NEW"),
		update("ADD fresh :v", `{":v": {"NS": ["3", "1.0"]}}`, "ALL_NEW"),
		update("DELETE ss :v", `{":v": {"SS": ["a", "z"]}}`, "ALL_NEW"),
		update("DELETE fresh :v", `{":v": {"NS": ["1", "3.0"]}}`, "ALL_NEW"),
		update("DELETE gone :v", `{":v": {"SS": ["a"]}}`, "ALL_NEW"),
		update("SET x = :v REMOVE y ADD z :n DELETE ss :s", `{":v": {"S": "v"}, ":n": {"N": "2"}, ":s": {"SS": ["c"]}}`, "ALL_NEW"),
		update("set lo = :v remove x", `{":v": {"BOOL": true}}`, "ALL_NEW"),
		// These are refused.
		update("SET a = gone", "", "ALL_NEW"),
		update("SET a = gone + :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("SET a = txt + :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("SET a = :s + :v", `{":v": {"N": "1"}, ":s": {"S": "x"}}`, "ALL_NEW"),
		update("SET gone.a = :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("SET txt.a = :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("SET txt[0] = :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("SET m[0] = :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("SET l = list_append(l, :v)", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("SET l = list_append(txt, l)", "", "ALL_NEW"),
		update("ADD txt :v", `{":v": {"N": "1"}}`, "ALL_NEW"),
		update("ADD txt :v", `{":v": {"S": "1"}}`, "ALL_NEW"),
		update("ADD ss :v", `{":v": {"NS": ["1"]}}`, "ALL_NEW"),
		update("DELETE ss :v", `{":v": {"S": "a"}}`, "ALL_NEW"),
		update("DELETE txt :v", `{":v": {"SS": ["a"]}}`, "ALL_NEW"),
		update("SET id = :v", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("REMOVE id", "", "ALL_NEW"),
		update("SET a = :v, a = :w", `{":v": {"S": "x"}, ":w": {"S": "y"}}`, "ALL_NEW"),
		update("SET m.k = :v, m = :w", `{":v": {"S": "x"}, ":w": {"S": "y"}}`, "ALL_NEW"),
		update("SET m.k = :v, m[1] = :w", `{":v": {"S": "x"}, ":w": {"S": "y"}}`, "ALL_NEW"),
		update("SET a = :v SET b = :v", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("SET a = if_not_exists(:v, :v)", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("SET a = if_not_exists(b)", "", "ALL_NEW"),
		update("SET a = nope(b, c)", "", "ALL_NEW"),
		update("SET a = :undefined", "", "ALL_NEW"),
		update("SET #undefined = :v", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("SET count = :v", `{":v": {"S": "x"}}`, "ALL_NEW"),
		update("", "", "ALL_NEW"),
	)
	for i := range list {
		if strings.Contains(list[i].request, "#x ") {
			list[i].request = strings.Replace(list[i].request, `"UpdateExpression"`, `"ExpressionAttributeNames": {"#x": "x.y"}, "UpdateExpression"`, 1)
		}
	}
	return append(list, on("UpdateItem", "Locks",
		`{"Key": {"id": {"S": "made"}}, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}, "ReturnValues": "ALL_OLD"}`,
		`{"Key": {"id": {"S": "made2"}}, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}, "ReturnValues": "ALL_NEW"}`,
		`{"Key": {"id": {"S": "made3"}}}`,
		`{"Key": {"id": {"S": "made4"}}, "UpdateExpression": "SET a = :v", "ConditionExpression": "attribute_exists(id)", "ExpressionAttributeValues": {":v": {"N": "1"}}}`,
		`{"Key": {"id": {"S": "made"}}, "UpdateExpression": "SET a = a + :v", "ConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}, "ReturnValues": "UPDATED_NEW", "ReturnConsumedCapacity": "TOTAL"}`,
	)...)
}

func valueRequests() []exchange {
	var list []exchange
	for _, v := range []string{
		`{"N": "0"}`, `{"N": "-0"}`, `{"N": "007"}`, `{"N": "1.500"}`, `{"N": "1e3"}`, `{"N": "-1.5E-3"}`, `{"N": "100000000000000000000000000000000000000"}`,
		`{"N": "1e125"}`, `{"N": "9.9e126"}`, `{"N": "1e-130"}`, `{"N": "1e-131"}`, `{"N": "123456789012345678901234567890123456789"}`, `{"N": "12x"}`, `{"N": ""}`, `{"N": ".5"}`,
		`{"NULL": false}`, `{"SS": ["a", "a"]}`, `{"NS": ["1", "1.0"]}`, `{"BS": ["AA==", "AA=="]}`, `{"SS": []}`, `{"NS": []}`, `{"BS": []}`,
		`{"L": []}`, `{"M": {}}`, `{"L": [{"N": "x"}]}`, `{"M": {"a": {"N": "1.0"}}}`, `{"S": ""}`, `{"B": ""}`,
	} {
		item := fmt.Sprintf(`{"id": {"S": "value"}, "v": %s}`, v)
		list = append(list, put("Locks", item)...)
		list = append(list, on("GetItem", "Locks", `{"Key": {"id": {"S": "value"}}}`)...)
	}
	large := func(n int) string {
		return fmt.Sprintf(`{"id": {"S": "large"}, "v": {"S": %q}}`, strings.Repeat("x", n))
	}
	list = append(list, put("Locks", large(400<<10-8), large(400<<10-7), `{"id": {"S": "large"}, "v": {"S": "x"}, "w": {"S": "`+strings.Repeat("w", 1000)+`"}}`)...)
	return append(list, on("UpdateItem", "Locks",
		fmt.Sprintf(`{"Key": {"id": {"S": "large"}}, "UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": %q}}}`, strings.Repeat("x", 400<<10-1000)))...)
}

func projectionRequests() []exchange {
	list := put("Locks", everything)
	for _, p := range []string{
		"txt", "txt, n", "m.k", "m.nested.n, m.k", "l[0]", "l[2][0], l[1]", "m, txt", "absent", "m.absent", "id, l[9]", "m.nested, l[0], n", " txt ,n ",
		"txt, txt", "m, m.k", "m.k, m[0]", "txt,", "", "m.", "l[x]", "status", "#a", "id.x", "txt n",
	} {
		list = append(list, exchange{operation: "GetItem", request: fmt.Sprintf(`{"TableName": "Locks", "Key": {"id": {"S": "all"}}, "ProjectionExpression": %q}`, p)})
	}
	for i := range list {
		near := map[string]string{`"txt,"`: `token: "<EOF>", near: ","`, `"m."`: `token: "<EOF>", near: "."`, `"l[x]"`: `token: "x", near: "[x]"`, `"txt n"`: `token: "n", near: "txt n"`}
		for p, n := range near {
			if strings.HasSuffix(list[i].request, p+"}") {
				list[i].instead = "Invalid ProjectionExpression: Syntax error; " + n
			}
		}
	}
	return append(list, on("GetItem", "Locks",
		`{"Key": {"id": {"S": "all"}}, "ProjectionExpression": "#t, m.#k", "ExpressionAttributeNames": {"#t": "txt", "#k": "k"}, "ReturnConsumedCapacity": "INDEXES"}`,
		`{"Key": {"id": {"S": "absent"}}, "ReturnConsumedCapacity": "TOTAL", "ConsistentRead": true}`)...)
}

func keyRequests() []exchange {
	list := slices.Concat(
		put("Orders", `{"customer": {"S": "c"}, "number": {"N": "1"}}`, `{"customer": {"S": "c"}}`, `{"customer": {"S": "c"}, "number": {"S": "1"}}`,
			`{"customer": {"S": ""}, "number": {"N": "1"}}`, `{"customer": {"S": "c"}, "number": {"N": "1"}, "state": {"N": "1"}}`,
			`{"customer": {"S": "`+strings.Repeat("k", 2048)+`"}, "number": {"N": "1"}}`, `{"customer": {"S": "`+strings.Repeat("k", 2049)+`"}, "number": {"N": "1"}}`),
		on("GetItem", "Orders", `{"Key": {"customer": {"S": "c"}, "number": {"N": "1.0"}}}`, `{"Key": {"customer": {"S": "c"}}}`,
			`{"Key": {"customer": {"S": "c"}, "number": {"N": "1"}, "more": {"S": "x"}}}`, `{"Key": {"customer": {"S": "c"}, "numbers": {"N": "1"}}}`,
			`{"Key": {"customer": {"S": "c"}, "number": {"S": "1"}}}`, `{"Key": {"customer": {"S": ""}, "number": {"N": "1"}}}`),
		on("DeleteItem", "Orders", `{"Key": {"customer": {"S": "c"}}}`, `{"Key": {"customer": {"S": "c"}, "number": {"N": "01"}}, "ReturnValues": "ALL_OLD"}`),
		on("UpdateItem", "Orders",
			`{"Key": {"customer": {"S": "c"}, "number": {"N": "1"}}, "UpdateExpression": "SET due = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}`,
			`{"Key": {"customer": {"S": "c"}, "number": {"N": "1"}}, "UpdateExpression": "SET due.x = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}`,
			`{"Key": {"customer": {"S": "c"}, "number": {"N": "1"}}, "UpdateExpression": "SET amount = :v", "ConditionExpression": "attribute_exists(customer.x)", "ExpressionAttributeValues": {":v": {"S": "1"}}}`),
		put("Blobs", `{"hash": {"N": "1.50"}, "part": {"B": "AAE="}, "v": {"S": "x"}}`, `{"hash": {"N": "1"}, "part": {"B": ""}}`),
		on("GetItem", "Blobs", `{"Key": {"hash": {"N": "15e-1"}, "part": {"B": "AAE="}}}`),
		on("GetItem", "Missing", `{"Key": {"id": {"S": "c"}}}`),
		on("PutItem", "Missing", `{"Item": {"id": {"S": "c"}}}`),
		on("DescribeTable", "Missing", `{}`),
	)
	for i := range list {
		if strings.Contains(list[i].request, `"Key": {"customer": {"S": ""}`) {
			list[i].instead = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: customer"
		}
	}
	return list
}

// refusedExpressions are conditions that are not valid.
func refusedExpressions() []exchange {
	var list []exchange
	for _, c := range [][3]string{ // condition, values, and the message where dynalite has another one
		{"a = :v", `{":v": {"S": "x"}, ":w": {"S": "x"}}`, ""},
		{"a = :v", "", ""},
		{"#a = :v", `{":v": {"S": "x"}}`, ""},
		{"((a = :v))", `{":v": {"S": "x"}}`, ""},
		{"((a)) = :v", `{":v": {"S": "x"}}`, ""},
		{"unknown(a)", "", ""},
		{"size(a)", "", ""},
		{"begins_with(a, :v) = :v", `{":v": {"S": "x"}}`, ""},
		{"attribute_exists(size(a))", "", ""},
		{"attribute_exists(:v)", `{":v": {"S": "x"}}`, ""},
		{"attribute_exists(a, b)", "", ""},
		{"attribute_type(a, :v)", `{":v": {"S": "X"}}`, ""},
		{"attribute_type(a, :v)", `{":v": {"N": "1"}}`, ""},
		{"attribute_type(a, b)", "", ""},
		{"begins_with(a, :v)", `{":v": {"N": "1"}}`, ""},
		{"size(:v) = :v", `{":v": {"N": "1"}}`, ""},
		{"contains(a)", "", ""},
		{"a = a", "", ""},
		{"contains(a, a)", "", ""},
		{"a BETWEEN :v AND :w", `{":v": {"N": "2"}, ":w": {"N": "1"}}`, ""},
		{"a BETWEEN :v AND :w", `{":v": {"N": "2"}, ":w": {"S": "3"}}`, ""},
		{"name = :v", `{":v": {"S": "x"}}`, ""},
		{"a.value = :v", `{":v": {"S": "x"}}`, ""},
		{"attribute_exists(a.Count)", "", ""},
		{"a = :v AND unknown(b) AND size(c)", `{":v": {"S": "x"}}`, ""},
		{"", "", ""},
		{"a", "", `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "a"`},
		{"a =", "", `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="`},
		{"a = :v AND", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"`},
		{"a == :v", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: "=", near: "== :v"`},
		{"a = :v)", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: ")", near: ":v)"`},
		{"(a = :v", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: ":v"`},
		{"a = 'x'", "", `Invalid ConditionExpression: Syntax error; token: "'", near: "= 'x"`},
		{"a IN :v", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: ":v", near: "IN :v"`},
		{"a = 1", "", `Invalid ConditionExpression: Syntax error; token: "1", near: "= 1"`},
		{"a BETWEEN :v, :w", `{":v": {"S": "x"}, ":w": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: ",", near: ":v, :w"`},
		{"a = :v AND b", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "b"`},
		{"a and b = :v", `{":v": {"S": "x"}}`, `Invalid ConditionExpression: Syntax error; token: "and", near: "a and b"`},
	} {
		values := ""
		if c[1] != "" {
			values = `, "ExpressionAttributeValues": ` + c[1]
		}
		list = append(list, exchange{"PutItem", fmt.Sprintf(`{"TableName": "Locks", "Item": {"id": {"S": "never"}}, "ConditionExpression": %q%s}`, c[0], values), c[2]})
	}
	return list
}

func refusedParameters() []exchange {
	list := slices.Concat(
		on("PutItem", "Locks",
			`{"Item": {"id": {"S": "x"}}, "ReturnValues": "ALL_NEW"}`,
			`{"Item": {"id": {"S": "x"}}, "ReturnValues": "SOME"}`,
			`{"Item": {"id": {"S": "x"}}, "ExpressionAttributeNames": {"#a": "a"}}`,
			`{"Item": {"id": {"S": "x"}}, "ExpressionAttributeValues": {":a": {"S": "a"}}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "attribute_exists(#a)", "ExpressionAttributeNames": {"#a": "a", "#b": "b"}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "attribute_exists(#a)", "ExpressionAttributeNames": {"a": "a"}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {"a": {"S": "x"}}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": "x"}}}`,
			`{"Item": {"id": {"S": "x"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"SS": []}}}`,
			`{"Item": {"id": {"S": "x"}}, "ReturnConsumedCapacity": "ALL", "ReturnValues": "X"}`,
			`{"Item": {}}`),
		on("GetItem", "Locks", `{"Key": {"id": {"N": "x"}}}`, `{"Key": {}}`),
		on("GetItem", "a", `{"Key": {"id": {"S": "x"}}}`),
		on("GetItem", "a b", `{"Key": {"id": {"S": "x"}}}`),
		on("DeleteItem", "Locks", `{"Key": {"id": {"S": "x"}}, "ReturnValues": "UPDATED_NEW"}`),
		on("UpdateItem", "Locks", `{"Key": {"id": {"S": "x"}}, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"S": "x"}, ":w": {"S": "x"}}}`,
			`{"Key": {"id": {"S": "x"}}, "ExpressionAttributeValues": {":v": {"S": "x"}}}`),
	)
	for i := range list {
		if list[i].operation == "DeleteItem" {
			list[i].instead = "ReturnValues can only be ALL_OLD or NONE"
		}
	}
	return list
}
