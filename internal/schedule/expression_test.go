package schedule

import (
	"strings"
	"testing"
)

func TestGoodExpressions(t *testing.T) {
	for text, kind := range map[string]string{
		// The examples of the user guides.
		"cron(0 10 * * ? *)":           "cron",
		"cron(15 12 * * ? *)":          "cron",
		"cron(0 18 ? * MON-FRI *)":     "cron",
		"cron(0 8 1 * ? *)":            "cron",
		"cron(0/10 * ? * MON-FRI *)":   "cron",
		"cron(0/5 8-17 ? * MON-FRI *)": "cron",
		"cron(0/30 20-23 ? * MON *)":   "cron",
		"cron(0 9 ? * 2#1 *)":          "cron",
		"cron(15 10 ? * 6L 2022-2023)": "cron",
		"rate(5 minutes)":              "rate",
		"rate(1 hour)":                 "rate",
		"rate(7 days)":                 "rate",
		"at(2022-11-20T13:00:00)":      "at",

		"cron(*/15 * * * ? *)":                  "cron",
		"cron(0,15,30-40/2,59 0-23 1-31 * ? *)": "cron",
		"cron(0 0 L * ? *)":                     "cron",
		"cron(0 0 15W * ? *)":                   "cron",
		"cron(0 0 LW * ? *)":                    "cron",
		"cron(0 0 lw * ? *)":                    "cron",
		"cron(0 0 l * ? *)":                     "cron",
		"cron(0 0 15w * ? *)":                   "cron",
		"cron(0 0 1 jan,Apr-JUN/2 ? *)":         "cron",
		"cron(0 0 ? * mon-fri *)":               "cron",
		"cron(0 0 ? * Mon,wed,FRI *)":           "cron",
		"cron(0 0 ? Dec Sun *)":                 "cron",
		"cron(0 0 ? * fril *)":                  "cron",
		"cron(0 0 ? * Tue#2 *)":                 "cron",
		"cron(0 0 ? * L *)":                     "cron",
		"cron(0 0 ? * FRIL *)":                  "cron",
		"cron(0 0 ? * FRI#5 *)":                 "cron",
		"cron(0 0 ? * SUN,3,THU-SAT *)":         "cron",
		"cron(0 0 1 JAN,4,JUL-12/2 ? *)":        "cron",
		"cron(0 0 1 1 ? 1970-2199/4)":           "cron",
		"cron(0  0 1\t1 ? *)":                   "cron",
		"at(2028-02-29T00:00:00)":               "at",
		"rate(1440 minutes)":                    "rate",
	} {
		if got, err := Kind(text); err != nil || got != kind {
			t.Errorf("%s: got %q, %v, expected %s", text, got, err, kind)
		}
	}
}

func TestBadExpressions(t *testing.T) {
	for text, expected := range map[string]string{
		"":                           "expected cron(…), rate(…) or at(…)",
		"0 10 * * ? *":               "expected cron(…), rate(…) or at(…)",
		"@daily":                     "expected cron(…), rate(…) or at(…)",
		"cron(0 10 * * ? *":          "expected cron(…), rate(…) or at(…)",
		"every(5 minutes)":           `got "every", expected cron(…), rate(…) or at(…)`,
		"Cron(0 10 * * ? *)":         `got "Cron"`,
		" rate(1 day)":               `got " rate"`,
		"cron(0 10 * * *)":           "got 5 fields, expected six: minutes, hours, day of month, month, day of week, year",
		"cron(0 0 10 * * ? *)":       "got 7 fields, expected six",
		"cron(60 10 * * ? *)":        `minutes: got "60", expected 0 to 59, a range of them or a list`,
		"cron(-1 10 * * ? *)":        `minutes: got "-1", expected 0 to 59`,
		"cron(+1 10 * * ? *)":        `minutes: got "+1", expected 0 to 59`,
		"cron(1.5 10 * * ? *)":       `minutes: got "1.5", expected 0 to 59`,
		"cron(, 10 * * ? *)":         `minutes: got ",", expected 0 to 59`,
		"cron(1,,2 10 * * ? *)":      `minutes: got "1,,2", expected 0 to 59`,
		"cron(1- 10 * * ? *)":        `minutes: got "1-", expected 0 to 59`,
		"cron(1-2-3 10 * * ? *)":     `minutes: got "1-2-3", expected 0 to 59`,
		"cron(*,5 10 * * ? *)":       `minutes: got "*,5", expected 0 to 59`,
		"cron(? 10 * * ? *)":         `minutes: got "?", expected * for every value`,
		"cron(/5 10 * * ? *)":        `minutes: got "/5", expected 0 to 59`,
		"cron(*/0 10 * * ? *)":       `minutes: got "*/0", expected a step from 1 to 60 after the /`,
		"cron(*/61 10 * * ? *)":      `minutes: got "*/61", expected a step from 1 to 60 after the /`,
		"cron(*/5/5 10 * * ? *)":     `minutes: got "*/5/5", expected a step`,
		"cron(0 24 * * ? *)":         `hours: got "24", expected 0 to 23`,
		"cron(0 22-4 * * ? *)":       `hours: got "22-4", expected the lower value first: write 22-23,0-4`,
		"cron(0 10 0 * ? *)":         `day of month: got "0", expected 1 to 31`,
		"cron(0 10 32 * ? *)":        `day of month: got "32", expected 1 to 31`,
		"cron(0 10 W * ? *)":         `day of month: got "W", expected a day from 1 to 31, or L, before the W`,
		"cron(0 10 32W * ? *)":       `day of month: got "32W", expected a day from 1 to 31, or L, before the W`,
		"cron(0 10 1,15W * ? *)":     `day of month: got "1,15W", expected a day from 1 to 31, or L, before the W, alone in its field`,
		"cron(0 10 1,L * ? *)":       `day of month: got "1,L", expected 1 to 31`,
		"cron(0 10 L-3 * ? *)":       `day of month: got "L-3", expected 1 to 31`,
		"cron(0 10 3#1 * ? *)":       `day of month: got "3#1", expected 1 to 31`,
		"cron(0 10 1 0 ? *)":         `month: got "0", expected 1 to 12 or JAN to DEC`,
		"cron(0 10 1 Jann ? *)":      `month: got "Jann", expected 1 to 12 or JAN to DEC`,
		"cron(0 10 1 dec-feb ? *)":   `month: got "dec-feb", expected the lower value first: write DEC-DEC,JAN-FEB`,
		"cron(0 10 ? * fri-mon *)":   `day of week: got "fri-mon", expected the lower value first`,
		"cron(0 10 ? * mon#6 *)":     `day of week: got "mon#6", expected 1 to 7 or SUN to SAT before the #`,
		"cron(0 10 ? * LW *)":        `day of week: got "LW", expected 1 to 7`,
		"cron(0 10 WL * ? *)":        `day of month: got "WL", expected 1 to 31`,
		"cron(0 10 LW,15 * ? *)":     `day of month: got "LW,15", expected 1 to 31`,
		"cron(0 10 1,LW * ? *)":      `day of month: got "1,LW", expected a day from 1 to 31, or L, before the W, alone in its field`,
		"cron(0 10 1-LW * ? *)":      `day of month: got "1-LW", expected a day from 1 to 31, or L, before the W`,
		"cron(0 l 1 * ? *)":          `hours: got "l", expected 0 to 23`,
		"cron(lw 10 1 * ? *)":        `minutes: got "lw", expected 0 to 59`,
		"cron(0 10 1 DEC-FEB ? *)":   `month: got "DEC-FEB", expected the lower value first: write DEC-DEC,JAN-FEB`,
		"cron(0 10 1 MON ? *)":       `month: got "MON", expected 1 to 12 or JAN to DEC`,
		"cron(0 10 ? * 0 *)":         `day of week: got "0", expected 1 to 7 or SUN to SAT`,
		"cron(0 10 ? * MONDAY *)":    `day of week: got "MONDAY", expected 1 to 7 or SUN to SAT`,
		"cron(0 10 ? * 2/2 *)":       `day of week: got "2/2", expected no / in this field`,
		"cron(0 10 ? * 3#6 *)":       `day of week: got "3#6", expected 1 to 7 or SUN to SAT before the # and 1 to 5 after it`,
		"cron(0 10 ? * 3#1,6#3 *)":   `day of week: got "3#1,6#3", expected 1 to 7 or SUN to SAT before the # and 1 to 5 after it, alone in its field`,
		"cron(0 10 ? * FRI-MON *)":   `day of week: got "FRI-MON", expected the lower value first: write FRI-SAT,SUN-MON`,
		"cron(0 10 ? * 8L *)":        `day of week: got "8L", expected 1 to 7 or SUN to SAT before the L`,
		"cron(0 10 1 1 ? 1969)":      `year: got "1969", expected 1970 to 2199`,
		"cron(0 10 1 1 ? 2200)":      `year: got "2200", expected 1970 to 2199`,
		"cron(0 10 * * * *)":         `got "*" for the day of month and "*" for the day of week, expected ? for exactly one of them`,
		"cron(0 10 1 * MON *)":       `got "1" for the day of month and "MON" for the day of week, expected ? for exactly one of them`,
		"cron(0 10 ? * ? *)":         `got "?" for the day of month and "?" for the day of week, expected ? for exactly one of them`,
		"rate(0 minutes)":            `got "0 minutes", expected a whole number from 1 and minutes, hours or days`,
		"rate(-1 minutes)":           `got "-1 minutes", expected a whole number from 1`,
		"rate(1.5 hours)":            `got "1.5 hours", expected a whole number from 1`,
		"rate(5 seconds)":            `got "5 seconds", expected a whole number from 1 and minutes, hours or days`,
		"rate(5minutes)":             `got "5minutes", expected a whole number from 1`,
		"rate(1 minutes)":            `got "1 minutes", expected 1 minute`,
		"rate(5 minute)":             `got "5 minute", expected 5 minutes`,
		"at(2027-01-31)":             `got "2027-01-31", expected a date and a time such as at(2027-01-31T23:59:00)`,
		"at(2027-02-29T00:00:00)":    `got "2027-02-29T00:00:00", expected a date and a time`,
		"at(2027-01-31T24:00:00)":    `got "2027-01-31T24:00:00", expected a date and a time`,
		"at(2027-01-31T00:00:00Z)":   `got "2027-01-31T00:00:00Z", expected a date and a time`,
		"at(2027-01-31T00:00:00.5)":  `got "2027-01-31T00:00:00.5", expected a date and a time`,
		"at(2027-01-31T00:00:00+01)": `expected a date and a time`,
	} {
		if _, err := Kind(text); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got %v, expected %q", text, err, expected)
		}
	}
}

func TestEveryProblemOfACronExpressionIsReported(t *testing.T) {
	_, err := Kind("cron(60 24 32 13 8 2200)")
	for _, expected := range []string{"minutes: ", "hours: ", "day of month: ", "month: ", "day of week: ", "year: ", "expected ? for exactly one"} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %v, expected it to name %q", err, expected)
		}
	}
}
