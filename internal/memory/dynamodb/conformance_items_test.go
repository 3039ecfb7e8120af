package dynamodb_test

import "slices"

func conformance() []group {
	return []group{{"a lock", lockRequests()}}
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
