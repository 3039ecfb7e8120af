package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Attribute is a message attribute: metadata that the sender adds to a message.
type Attribute struct {
	// DataType is String, Number or Binary, optionally followed by a dot and a label
	// that the sender chooses.
	DataType    string `json:"DataType"`
	StringValue string `json:"StringValue,omitempty"`
	BinaryValue []byte `json:"BinaryValue,omitempty"`
}

func (a *Attribute) binary() bool { return strings.HasPrefix(a.DataType, "Binary") }

func (a *Attribute) content() string {
	if a.binary() {
		return string(a.BinaryValue)
	}
	return a.StringValue
}

// The syntax of names, types and numbers (developer guide, "Amazon SQS message
// metadata", "Message attribute components").
var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\..+)?$`)
	aNumber       = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)
)

func checkAttributes(attributes map[string]Attribute) *Error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		switch {
		case len(name) > 256 || !attributeName.MatchString(name):
			return refuse("InvalidParameterValue", "Message (user) attribute name '%s' is invalid.", name)
		case a.DataType == "":
			return refuse("InvalidParameterValue", "The message attribute '%s' must contain a non-empty message attribute type.", name)
		case !attributeType.MatchString(a.DataType):
			return refuse("InvalidParameterValue", "The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
		case a.content() == "":
			return refuse("InvalidParameterValue", "The message attribute '%s' must contain a non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
		case strings.HasPrefix(a.DataType, "Number") && !aNumber.MatchString(a.StringValue):
			return refuse("InvalidParameterValue", "Can't cast the value of message (user) attribute '%s' to a number.", name)
		case !a.binary() && !storable(a.StringValue):
			return refuse("InvalidMessageContents", "The message attribute '%s' has invalid characters.", name)
		}
	}
	return nil
}

// attributesMD5 returns the checksum of attributes (developer guide, "Calculating
// the MD5 message digest for message attributes"), or "" if there are none. It
// covers, for each attribute in the order of names, the name, the type, a byte for
// the kind and the value; each except the kind follows its length.
func attributesMD5(attributes map[string]Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	hash := md5.New()
	write := func(text string) {
		_ = binary.Write(hash, binary.BigEndian, uint32(len(text))) // a hash never fails
		_, _ = io.WriteString(hash, text)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		write(name)
		write(a.DataType)
		kind := byte(1)
		if a.binary() {
			kind = 2
		}
		_, _ = hash.Write([]byte{kind})
		write(a.content())
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// wanted selects the attributes that a receiver asks for: all, by name, or by
// prefix (API reference, "ReceiveMessage", "MessageAttributeNames").
func wanted(attributes map[string]Attribute, names []string) map[string]Attribute {
	chosen := map[string]Attribute{}
	for name, a := range attributes {
		for _, pattern := range names {
			prefix, isPrefix := strings.CutSuffix(pattern, ".*")
			if pattern == "All" || pattern == name || isPrefix && strings.HasPrefix(name, prefix) {
				chosen[name] = a
			}
		}
	}
	return chosen
}
