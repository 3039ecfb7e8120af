package lambdahost

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	plainName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
	// anyName is the pattern of FunctionName in the AWS Lambda API reference,
	// "Invoke": a name, a partial ARN or an ARN, each with an optional qualifier.
	anyName = regexp.MustCompile(`^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:[a-z]{2}(?:-[a-z]+)+-\d:)?(?:\d{12}:)?(?:function:)?([a-zA-Z0-9_-]{1,64})(?::(\$LATEST|[a-zA-Z0-9_-]+))?$`)
)

func validName(name string) bool { return plainName.MatchString(name) }

// parseName splits a function's name or ARN. qualifier is "" if there is none.
func parseName(identifier string) (name, qualifier string, err error) {
	if validName(identifier) { // the common case
		return identifier, "", nil
	}
	match := anyName.FindStringSubmatch(identifier)
	if match == nil {
		return "", "", &Error{
			Code:    codeValidation,
			Message: fmt.Sprintf("1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: expected the name or the ARN of a function", identifier),
		}
	}
	return match[1], match[2], nil
}

// regionOf returns the region in an ARN, or the default region.
func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[3] == "" {
		return defaultRegion
	}
	return parts[3]
}

// NameOf returns the name in a function's name or ARN, without a version or an alias.
func NameOf(address string) string {
	if _, qualified, ok := strings.Cut(address, ":function:"); ok {
		address = qualified
	}
	name, _, _ := strings.Cut(address, ":")
	return name
}
