package expr

import (
	"strings"

	"tandem/internal/workflow/say"
)

// didYouMean gives the end of a sentence that names the candidate nearest to
// name, or the candidates when there are few, or nothing.
func didYouMean(name string, candidates []string) say.Phrase {
	best, least := "", (len(name)+1)/3
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c), least); d <= least && c != name && (best == "" || d < least) {
			best, least = c, d
		}
	}
	if best != "" {
		return say.Of("expr.hint.mean", best)
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return say.Phrase{}
	}
	return say.Of("expr.hint.there_are", strings.Join(candidates, ", "))
}

// distance counts the letters to insert, delete or replace between a and b; more
// than limit when their lengths differ by more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 100 {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
