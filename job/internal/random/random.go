// Package random makes random texts and durations. In a test run with a seed, the
// same labels give the same ones.
package random

import (
	"context"
	crypto "crypto/rand"
	"math/rand/v2"
	"time"

	"github.com/mapjob/mapjob/internal/standin"
)

// alphabet has the characters of [crypto.Text].
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// Text returns a text that no other call returns. Labels say what it is for.
func Text(ctx context.Context, labels ...string) string {
	text := crypto.Text()
	numbers, repeat := standin.Random(ctx, labels...)
	if !repeat {
		return text
	}
	repeated := make([]byte, len(text))
	for i := range repeated {
		repeated[i] = alphabet[numbers.IntN(len(alphabet))]
	}
	return string(repeated)
}

// Below returns a duration below a limit. Labels say what it is for.
func Below(ctx context.Context, limit time.Duration, labels ...string) time.Duration {
	if numbers, repeat := standin.Random(ctx, labels...); repeat {
		return time.Duration(numbers.Int64N(int64(limit)))
	}
	return rand.N(limit)
}
