package dynamodb_test

import (
	"fmt"
	"slices"
	"strings"
)

// orders are items of three partitions.
func orders() []exchange {
	var items []string
	for i := range 12 {
		due := ""
		if i%4 != 3 {
			due = fmt.Sprintf(`, "due": {"S": "2026-%02d"}`, 12-i)
		}
		items = append(items, fmt.Sprintf(`{"customer": {"S": "c%d"}, "number": {"N": "%d"}, "state": {"S": %q}, "amount": {"N": "%d.5"}, "tags": {"SS": ["t%d"]}%s}`,
			i%3, i-5, []string{"open", "paid"}[i%2], i, i%2, due))
	}
	return put("Orders", items...)
}

func queryRequests() []exchange {
	const c0 = `"ExpressionAttributeValues": {":c": {"S": "c0"}`
	return slices.Concat(orders(), on("Query", "Orders",
		`{"KeyConditionExpression": "customer = :c", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "ScanIndexForward": false, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "ExpressionAttributeValues": {":c": {"S": "nobody"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n = :n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "-2"}}}`,
		`{"KeyConditionExpression": "#n < :n AND customer = :c", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n <= :n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n > :n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "-2"}}}`,
		`{"KeyConditionExpression": "customer = :c AND :n >= #n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "-2"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n BETWEEN :n AND :m", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "-2"}, ":m": {"N": "1"}}}`,
		`{"KeyConditionExpression": "(customer = :c) AND (#n BETWEEN :n AND :m)", "ScanIndexForward": false, "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "-2"}, ":m": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c", "Limit": 2, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Limit": 4, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Limit": 5, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Limit": 2, "ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"N": "-2"}}, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Limit": 2, "ScanIndexForward": false, "ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"N": "1"}}, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "FilterExpression": "amount > :t", `+c0+`, ":t": {"N": "4"}}}`,
		`{"KeyConditionExpression": "customer = :c", "FilterExpression": "contains(tags, :t)", "Limit": 3, `+c0+`, ":t": {"S": "t1"}}}`,
		`{"KeyConditionExpression": "customer = :c", "ProjectionExpression": "amount, #s", "ExpressionAttributeNames": {"#s": "state"}, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Select": "COUNT", "ReturnConsumedCapacity": "TOTAL", `+c0+`}}`,
		`{"IndexName": "ByState", "KeyConditionExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "open"}}}`,
		`{"IndexName": "ByState", "KeyConditionExpression": "#s = :s AND begins_with(due, :d)", "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "open"}, ":d": {"S": "2026-0"}}}`,
		`{"IndexName": "ByState", "KeyConditionExpression": "#s = :s", "Limit": 2, "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "paid"}}}`,
		`{"IndexName": "ByState", "KeyConditionExpression": "#s = :s", "ConsistentRead": true, "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "paid"}}}`,
		`{"IndexName": "KeysByDue", "KeyConditionExpression": "due = :d", "ExpressionAttributeValues": {":d": {"S": "2026-12"}}, "ReturnConsumedCapacity": "INDEXES"}`,
		`{"IndexName": "KeysByDue", "KeyConditionExpression": "due = :d", "Select": "ALL_ATTRIBUTES", "ExpressionAttributeValues": {":d": {"S": "2026-12"}}}`,
		`{"IndexName": "ByDue", "KeyConditionExpression": "customer = :c", `+c0+`}}`,
		`{"IndexName": "ByDue", "KeyConditionExpression": "customer = :c", "Select": "ALL_ATTRIBUTES", "ScanIndexForward": false, "ConsistentRead": true, `+c0+`}}`,
		`{"IndexName": "ByDue", "KeyConditionExpression": "customer = :c AND due > :d", "Limit": 1, `+c0+`, ":d": {"S": "2026-07"}}}`,
		`{"IndexName": "ByDue", "KeyConditionExpression": "customer = :c", "Limit": 1, "ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"N": "1"}, "due": {"S": "2026-06"}}, `+c0+`}}`,
		// These are refused.
		`{"KeyConditionExpression": "#n = :c", "ExpressionAttributeNames": {"#n": "number"}, "ExpressionAttributeValues": {":c": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer > :c", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c AND amount = :t", `+c0+`, ":t": {"N": "4"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n <> :n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c OR customer = :d", `+c0+`, ":d": {"S": "c1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND customer = :d", `+c0+`, ":d": {"S": "c1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n IN (:n)", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND attribute_exists(due)", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c AND size(due) = :n", `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer.x = :c", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = amount", "FilterExpression": "x = :c", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c AND #n = :n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"S": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n = :n AND due = :d", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "1"}, ":d": {"S": "x"}}}`,
		`{"KeyConditionExpression": "customer = :c", "FilterExpression": "#n > :n", "ExpressionAttributeNames": {"#n": "number"}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c", "IndexName": "None", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Limit": 0, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "Select": "SOME", `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "ExclusiveStartKey": {"customer": {"S": "c0"}}, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c", "ExclusiveStartKey": {"customer": {"S": "c1"}, "number": {"N": "1"}}, `+c0+`}}`,
		`{"KeyConditionExpression": "customer = :c AND #n > :n", "ExpressionAttributeNames": {"#n": "number"}, "ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"N": "1"}}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c AND #n > :n", "ExpressionAttributeNames": {"#n": "number"}, "ExclusiveStartKey": {"customer": {"S": "c1"}, "number": {"N": "4"}}, `+c0+`, ":n": {"N": "1"}}}`,
		`{"KeyConditionExpression": "customer = :c", "ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"S": "1"}}, `+c0+`}}`,
		`{"FilterExpression": "amount = :c", "ExpressionAttributeValues": {":c": {"N": "1"}}}`,
		`{}`,
	))
}

func scanRequests() []exchange {
	list := on("Scan", "Orders",
		`{}`,
		`{"FilterExpression": "#s = :s AND amount > :t", "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":s": {"S": "open"}, ":t": {"N": "3"}}}`,
		`{"FilterExpression": "attribute_not_exists(due)", "ProjectionExpression": "customer"}`,
		`{"Select": "COUNT"}`,
		`{"IndexName": "KeysByDue"}`,
		`{"IndexName": "ByDue", "Select": "ALL_ATTRIBUTES"}`,
		`{"IndexName": "ByState", "FilterExpression": "attribute_exists(tags)", "ReturnConsumedCapacity": "INDEXES"}`,
		`{"Segment": 0, "TotalSegments": 1}`,
		// These are refused.
		`{"Segment": 2, "TotalSegments": 2}`,
		`{"Segment": 1}`,
		`{"TotalSegments": 2}`,
		`{"IndexName": "KeysByDue", "Select": "ALL_ATTRIBUTES"}`,
		`{"IndexName": "KeysByDue", "ConsistentRead": true}`,
		`{"ExclusiveStartKey": {"customer": {"S": "c0"}}}`,
		`{"ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"S": "c0"}}}`,
		`{"IndexName": "KeysByDue", "ExclusiveStartKey": {"customer": {"S": "c0"}, "number": {"N": "1"}}}`,
		`{"FilterExpression": "nope = "}`,
	)
	list[len(list)-5].instead = "Consistent reads are not supported on global secondary indexes"
	list[len(list)-1].instead = `Invalid FilterExpression: Syntax error; token: "<EOF>", near: "="`
	return list
}

func batchRequests() []exchange {
	many := func(n int, format string) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(format, i))
		}
		return strings.Join(list, ", ")
	}
	const putRequest = `{"PutRequest": {"Item": {"id": {"S": "batch%d"}}}}`
	list := []exchange{
		{"BatchWriteItem", `{"RequestItems": {"Locks": [` + many(25, putRequest) + `]}, "ReturnConsumedCapacity": "TOTAL"}`, ""},
		{"BatchWriteItem", `{"RequestItems": {"Locks": [{"DeleteRequest": {"Key": {"id": {"S": "batch0"}}}}, {"PutRequest": {"Item": {"id": {"S": "batch1"}, "v": {"N": "1.0"}}}}], "Orders": [{"PutRequest": {"Item": {"customer": {"S": "b"}, "number": {"N": "1"}}}}]}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Locks": {"Keys": [` + many(4, `{"id": {"S": "batch%d"}}`) + `]}, "Orders": {"Keys": [{"customer": {"S": "b"}, "number": {"N": "1"}}], "ConsistentRead": true}}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Locks": {"Keys": [{"id": {"S": "batch1"}}], "ProjectionExpression": "v"}}, "ReturnConsumedCapacity": "INDEXES"}`, ""},
		// These are refused.
		{"BatchWriteItem", `{"RequestItems": {"Locks": [` + many(2, `{"PutRequest": {"Item": {"id": {"S": "same"}, "n": {"N": "%d"}}}}`) + `]}}`, ""},
		{"BatchWriteItem", `{"RequestItems": {"Locks": [{"PutRequest": {"Item": {"other": {"S": "x"}}}}]}}`, ""},
		{"BatchWriteItem", `{"RequestItems": {"Locks": [{"PutRequest": {"Item": {"id": {"N": "1"}}}}]}}`, ""},
		{"BatchWriteItem", `{"RequestItems": {"Locks": [{"DeleteRequest": {"Key": {"ids": {"S": "1"}}}}]}}`, ""},
		{"BatchWriteItem", `{"RequestItems": {"Missing": [{"DeleteRequest": {"Key": {"id": {"S": "1"}}}}]}}`, ""},
		{"BatchWriteItem", `{"RequestItems": {"Locks": [{}]}}`, ""},
		{"BatchWriteItem", `{"RequestItems": {}}`, ""},
		{"BatchGetItem", `{"RequestItems": {}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Locks": {"Keys": []}}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Locks": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "a"}}]}}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Locks": {"Keys": [{"ids": {"S": "a"}}]}}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Missing": {"Keys": [{"id": {"S": "a"}}]}}}`, ""},
		{"BatchGetItem", `{"RequestItems": {"Locks": {"Keys": [` + many(60, `{"id": {"S": "a%d"}}`) + `]}, "Orders": {"Keys": [` + many(60, `{"customer": {"S": "a"}, "number": {"N": "%d"}}`) + `]}}}`, ""},
	}
	return append(list, on("GetItem", "Locks", `{"Key": {"id": {"S": "same"}}}`, `{"Key": {"id": {"S": "batch0"}}}`, `{"Key": {"id": {"S": "batch24"}}}`)...)
}

func olderRequests() []exchange {
	return slices.Concat(put("Locks", `{"id": {"S": "old"}, "n": {"N": "5"}, "s": {"S": "text"}, "ss": {"SS": ["a"]}}`),
		on("PutItem", "Locks",
			`{"Item": {"id": {"S": "old"}, "n": {"N": "6"}, "s": {"S": "text"}, "ss": {"SS": ["a"]}}, "Expected": {"n": {"Value": {"N": "5.0"}}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"Value": {"N": "5"}}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"id": {"Exists": false}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "6"}]}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "7"}]}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"Exists": true}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"Value": {"N": "1"}, "AttributeValueList": [{"N": "1"}]}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"ComparisonOperator": "EQ"}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"AttributeValueList": [{"N": "1"}]}}}`,
			`{"Item": {"id": {"S": "old"}}, "Expected": {"n": {"Value": {"N": "5"}}}, "ConditionExpression": "attribute_exists(id)"}`),
		on("UpdateItem", "Locks",
			`{"Key": {"id": {"S": "old"}}, "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "2"}}, "s": {"Action": "PUT", "Value": {"S": "new"}}, "ss": {"Action": "ADD", "Value": {"SS": ["b"]}}}, "ReturnValues": "ALL_NEW"}`,
			`{"Key": {"id": {"S": "old"}}, "AttributeUpdates": {"ss": {"Action": "DELETE", "Value": {"SS": ["a"]}}, "s": {"Action": "DELETE"}, "t": {"Value": {"S": "t"}}}, "ReturnValues": "ALL_NEW"}`,
			`{"Key": {"id": {"S": "old"}}, "AttributeUpdates": {"t": {"Action": "PUT"}}}`,
			`{"Key": {"id": {"S": "old"}}, "AttributeUpdates": {"t": {"Action": "DELETE", "Value": {"S": "x"}}}}`,
			`{"Key": {"id": {"S": "old"}}, "AttributeUpdates": {"t": {"Action": "ADD", "Value": {"S": "x"}}}}`,
			`{"Key": {"id": {"S": "old"}}, "AttributeUpdates": {"id": {"Action": "PUT", "Value": {"S": "x"}}}}`),
		on("GetItem", "Locks", `{"Key": {"id": {"S": "old"}}, "AttributesToGet": ["n", "t"]}`, `{"Key": {"id": {"S": "old"}}, "AttributesToGet": ["n", "n"]}`),
		on("Query", "Orders",
			`{"KeyConditions": {"customer": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "c0"}]}, "number": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "-2"}]}}}`,
			`{"KeyConditions": {"customer": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "c0"}]}}, "QueryFilter": {"amount": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "4"}]}}}`,
			`{"KeyConditions": {"customer": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "c0"}]}, "number": {"ComparisonOperator": "NE", "AttributeValueList": [{"N": "1"}]}}}`,
			`{"KeyConditions": {"customer": {"ComparisonOperator": "EQ", "AttributeValueList": []}}}`,
			`{"KeyConditions": {"customer": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "b"}, {"S": "a"}]}}}`),
		on("Scan", "Orders",
			`{"ScanFilter": {"amount": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "3"}]}, "due": {"ComparisonOperator": "NOT_NULL"}}, "AttributesToGet": ["customer"]}`,
			`{"ScanFilter": {"amount": {"ComparisonOperator": "IN", "AttributeValueList": [{"N": "3.5"}, {"S": "3"}]}}}`,
			`{"ScanFilter": {"tags": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"S": "t1"}]}}, "Select": "COUNT"}`,
			`{"ScanFilter": {"tags": {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": [{"S": "t1"}]}}, "Select": "COUNT"}`),
	)
}
