package say

// schema holds the sentences about schemas, their hints and data for them.
var schema = catalogue{
	"bad_schema": {"The schema cannot be used: %s", "Das Schema ist nicht brauchbar: %s"},
	"bad_input":  {"The schedule's input does not fit input_schema: %s: %s", "Die Startdaten des Zeitplans passen nicht zu input_schema: %s: %s"},
}
