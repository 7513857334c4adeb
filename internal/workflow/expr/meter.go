package expr

import (
	"errors"
	"fmt"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// Limits of one source and one evaluation.
const (
	MaxSource = 16 << 10  // bytes of one expression
	MaxText   = 1 << 20   // bytes of one text that an expression makes
	MaxList   = 100_000   // items of one list that an expression makes
	CostLimit = 2_000_000 // units of one evaluation: a step, or 32 bytes made or read
	TimeLimit = 50 * time.Millisecond

	bytesPerUnit = 32
	maxParse     = 100    // nesting of a source
	maxNodes     = 20_000 // of a source, after its macros are expanded
)

// ErrLimit is wrapped by every error that says an evaluation went over one of
// its limits.
var ErrLimit = errors.New("limit of expressions")

type limitErr struct{ message string }

func (e *limitErr) Error() string        { return e.message }
func (e *limitErr) Is(target error) bool { return target == ErrLimit }

func limitError(format string, args ...any) error {
	return &limitErr{message: fmt.Sprintf(format, args...)}
}

// meter charges the work of our functions to the evaluation they run in. Going
// over CostLimit unwinds the evaluation by panic, which Program.run recovers.
type meter struct {
	frame *interpreter.ExecutionFrame
}

func (m meter) charge(units int) {
	if m.frame == nil || units <= 0 {
		return
	}
	if t := m.frame.CostTracker(); t != nil {
		t.EvalZeroArity(nil, 0, fee{}, types.Int(units))
	}
}

// makeText charges a text that is about to be made, or refuses it.
func (m meter) makeText(size int) error {
	if size > MaxText {
		return limitError("the text would be longer than %d bytes", MaxText)
	}
	m.charge(size / bytesPerUnit)
	return nil
}

// makeList charges a list that is about to be made, or refuses it.
func (m meter) makeList(size int) error {
	if size > MaxList {
		return limitError("the list would be longer than %d items", MaxList)
	}
	m.charge(size)
	return nil
}

// fee is the call under which meter.charge books its units.
type fee struct{}

func (fee) Function() string   { return "#fee" }
func (fee) OverloadID() string { return "" }

// prices tells cel-go's cost tracker what a call costs: one unit, and the bytes
// that it reads and makes.
type prices struct{}

// CallCost implements cost.ActualCostEstimator.
func (prices) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	if function == "#fee" {
		units := uint64(result.(types.Int))
		return &units
	}
	units := 1 + weight(function)*(volume(result)+volume(args...)+listVolume(function, args))/bytesPerUnit
	if units == 1 {
		return nil // the tracker's own default, without an allocation
	}
	return &units
}

// weight says how often a function of cel-go reads or copies the bytes of its
// texts and lists; 0 for those that take the same time for all.
func weight(function string) uint64 {
	switch function {
	case "charAt", "indexOf", "lastIndexOf", "lowerAscii", "upperAscii", "substring", "reverse", "strings.quote":
		return 8 // by way of 32-bit characters
	case "size", "contains", "startsWith", "endsWith", "trim", "bytes", "slice":
		return 1
	}
	return 0
}

// volume gives the bytes of values themselves, without those inside a list or map.
func volume(vals ...ref.Val) uint64 {
	var total uint64
	for _, v := range vals {
		switch x := v.(type) {
		case types.String:
			total += uint64(len(x))
		case types.Bytes:
			total += uint64(len(x))
		}
	}
	return total
}

// listVolume gives the bytes of the list that a function copies.
func listVolume(function string, args []ref.Val) uint64 {
	if function != "reverse" && function != "slice" || len(args) == 0 {
		return 0
	}
	if l, ok := args[0].(traits.Lister); ok {
		return 8 * uint64(sizeOf(l))
	}
	return 0
}
