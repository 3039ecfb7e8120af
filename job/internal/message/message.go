// Package message decodes the messages of the state machine to its functions.
package message

import (
	"encoding/json"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Decode decodes a message of the state machine.
func Decode(payload []byte, into any, expected string) error {
	if err := json.Unmarshal(payload, into); err != nil {
		if err := checkVersionOf(payload); err != nil {
			return err
		}
		return invalid("%v in %s, expected %s", err, protocol.Excerpt(payload), expected)
	}
	return nil
}

// CheckVersion refuses a message of a version that this module can't read.
func CheckVersion(version int) error {
	if err := protocol.CheckVersion(version); err != nil {
		return invalid("%v", err)
	}
	return nil
}

// checkVersionOf checks the version of a message whose other members can't be
// decoded: they may have changed.
func checkVersionOf(payload []byte) error {
	var message struct {
		Version    int `json:"version"`
		BatchInput struct {
			Version int `json:"version"`
		}
	}
	if json.Unmarshal(payload, &message) != nil {
		return nil //nolint:nilerr // Decode returns an error
	}
	if message.Version == 0 {
		return CheckVersion(message.BatchInput.Version)
	}
	return CheckVersion(message.Version)
}

func invalid(format string, args ...any) error {
	return protocol.Errorf(protocol.ErrorInvalidInput, format, args...)
}
