package lambdahost

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"
)

// newTraceID returns an X-Ray tracing header for a trace that is not sampled (AWS
// X-Ray developer guide, "Tracing header").
func newTraceID() string {
	return "Root=1-" + strconv.FormatInt(time.Now().Unix(), 16) + "-" + randomHex(12) +
		";Parent=" + randomHex(8) + ";Sampled=0"
}

// randomHex returns n random bytes in hexadecimal.
func randomHex(n int) string {
	raw := make([]byte, n+8)
	for i := 0; i < n; i += 8 {
		binary.NativeEndian.PutUint64(raw[i:], rand.Uint64())
	}
	return hex.EncodeToString(raw[:n])
}
