package asl

import "github.com/mapjob/mapjob/internal/expression"

// Wait holds the fields of a Wait state. Exactly one of them is set.
type Wait struct {
	Seconds   *expression.Dynamic
	Timestamp *expression.Dynamic
}

func (f fields) wait() *Wait {
	w := &Wait{
		Seconds: f.dynamic("Seconds", "Seconds", wholeIn(0, maxSeconds)),
		Timestamp: f.dynamic("Timestamp", "Timestamp", dynamicKind{
			literal: func(v any) bool {
				text, ok := v.(string)
				if ok {
					_, ok = expression.ParseTimestamp(text)
				}
				return ok
			},
			expected:    `a timestamp such as "2026-03-14T01:59:00Z"`,
			expressions: true,
		}),
	}
	n := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.has(name) {
			n++
		}
	}
	if n != 1 {
		f.reader.problem(f.path, "got %d of Seconds, SecondsPath, Timestamp and TimestampPath, expected exactly one", n)
	}
	return w
}
