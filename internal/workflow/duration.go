package workflow

import (
	"math/big"
	"regexp"
	"strings"
	"time"
)

// maxDuration bounds a duration of the document: a hundred years.
const maxDuration = 100 * 365 * 24 * time.Hour

// maxDurationText bounds the length of a duration's text, in bytes.
const maxDurationText = 64

var (
	durationText = regexp.MustCompile(`^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$`)
	durationPart = regexp.MustCompile(`(\d+(?:\.\d+)?)(ms|[smhdw])`)
	isoDuration  = regexp.MustCompile(`^P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)
	workdays     = regexp.MustCompile(`^(\d+)\s*workdays?$`)
	bareNumber   = regexp.MustCompile(`^\d+(?:\.\d+)?$`)
)

var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond,
	"s":  time.Second,
	"m":  time.Minute,
	"h":  time.Hour,
	"d":  24 * time.Hour,
	"w":  7 * 24 * time.Hour,
}

// ParseDuration reads a duration of the document: `300ms`, `90s`, `1h30m`, `2d`,
// `1w`, or ISO 8601 without years and months, whose length varies (`P1DT2H`). A
// day is 24 hours, see ParseSpan for workdays. Negative durations and those over a hundred years are
// refused. The error is a sentence for people.
func ParseDuration(text string) (Duration, error) {
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxDurationText:
		return 0, sayError(KindInvalid, "invalid_duration.long", text[:20])
	case durationText.MatchString(text):
		return sumDuration(text, durationPart.FindAllStringSubmatch(text, -1))
	case isoDuration.MatchString(text) && strings.ContainsAny(text, "0123456789") && !strings.HasSuffix(text, "T"):
		return parseISODuration(text)
	case workdays.MatchString(text):
		return 0, sayError(KindInvalid, "invalid_duration.workdays", text)
	case bareNumber.MatchString(text):
		return 0, sayError(KindInvalid, "invalid_duration.unit", text, text)
	}
	return 0, sayError(KindInvalid, "invalid_duration", text)
}

func parseISODuration(text string) (Duration, error) {
	m := isoDuration.FindStringSubmatch(text)
	if m[1] != "" || m[2] != "" {
		return 0, sayError(KindInvalid, "invalid_duration.months", text)
	}
	units := []string{"w", "d", "h", "m", "s"}
	var parts [][]string
	for i, unit := range units {
		if number := m[i+3]; number != "" {
			parts = append(parts, []string{number + unit, number, unit})
		}
	}
	return sumDuration(text, parts)
}

// sumDuration adds up parts of {whole, number, unit}.
func sumDuration(text string, parts [][]string) (Duration, error) {
	sum := new(big.Rat)
	for _, part := range parts {
		number, ok := new(big.Rat).SetString(part[1])
		if !ok {
			return 0, sayError(KindInvalid, "invalid_duration.number", text)
		}
		unit := new(big.Rat).SetInt64(int64(durationUnits[part[2]]))
		sum.Add(sum, number.Mul(number, unit))
	}
	if sum.Cmp(new(big.Rat).SetInt64(int64(maxDuration))) > 0 {
		return 0, sayError(KindInvalid, "invalid_duration.century", text)
	}
	return Duration(new(big.Int).Quo(sum.Num(), sum.Denom()).Int64()), nil
}
