package sqs

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

type queueRequest struct {
	QueueURL       string `json:"QueueUrl"`
	QueueName      string
	AttributeNames []string
}

func (s *Service) getQueueAttributes(r queueRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	all := q.attributes()
	chosen := map[string]string{}
	for _, name := range r.AttributeNames {
		v, ok := all[name]
		switch {
		case name == "All":
			return map[string]any{"Attributes": all}, nil
		case ok:
			chosen[name] = v
		case !slices.Contains(unset, name):
			return nil, refuse("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return map[string]any{"Attributes": chosen}, nil
}

// unset lists the attributes that queues have in AWS only.
var unset = []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
	"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}

// attributes returns the answer of GetQueueAttributes.
func (q *queue) attributes() map[string]string {
	counts := q.counts()
	attributes := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(counts.Visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(counts.InFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(counts.Delayed),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.created.Unix(), 10),
		"DelaySeconds":                          seconds(q.delay),
		"MaximumMessageSize":                    strconv.Itoa(q.messageBytes),
		"MessageRetentionPeriod":                seconds(q.retention),
		"QueueArn":                              q.arn,
		"ReceiveMessageWaitTimeSeconds":         seconds(q.wait),
		"SqsManagedSseEnabled":                  "false",
		"VisibilityTimeout":                     seconds(q.visibility),
	}
	if q.deadLetter != "" {
		arn := q.arn[:len(q.arn)-len(q.name)] + q.deadLetter
		policy, _ := json.Marshal(map[string]any{"deadLetterTargetArn": arn, "maxReceiveCount": q.maxReceives}) // never fails
		attributes["RedrivePolicy"] = string(policy)
	}
	return attributes
}

func (s *Service) getQueueURL(r queueRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.find(r.QueueName)
	if refused != nil {
		return nil, refused
	}
	return map[string]string{"QueueUrl": s.URL(q.name)}, nil
}

// purgeEvery is the shortest time between two purges of a queue (API reference,
// "PurgeQueue").
const purgeEvery = time.Minute

func (s *Service) purgeQueue(r queueRequest) (any, *Error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	q, refused := s.at(r.QueueURL)
	if refused != nil {
		return nil, refused
	}
	now := s.now()
	if !q.purged.IsZero() && now.Before(q.purged.Add(purgeEvery)) {
		return nil, refuse("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every %s seconds.", q.name, seconds(purgeEvery))
	}
	q.purged = now
	for _, m := range q.messages {
		q.remove(m)
	}
	s.changed()
	return struct{}{}, nil
}
