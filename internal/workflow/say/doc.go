// Package say holds the sentences about workflow documents, in English and
// German: what Parse reports, what expressions and their texts are refused for,
// and what durations, times and schedules must be.
//
// Code that finds something wrong makes a Phrase of a key and what the sentence
// names; whoever shows it says it in the reader's language. A key is the code of
// the problem, for programs, and where a code has several sentences a dot and
// what tells them apart: wrong_type, wrong_type.items. Keys that begin with
// "part." are parts of sentences, those with "expr." are about expressions and
// begin small.
//
// The package imports the standard library alone.
package say
