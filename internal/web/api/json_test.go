package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	for text, fine := range map[string]bool{
		`{"a": [1, 2.50, 1e999, "ü", "\ud83d\ude00", "\\ud800", "\u00e9"]}`: true,
		` 5 `: true, `{"a": 1,}`: false, ``: false, `1 2`: false, `{} x`: false, `"\ud800"`: false, `"\ude00"`: false, `"\ud800\u0041"`: false,
		`"\ud800\ud800"`: false, "\"\xc3\"": false, `{"\u0000": 1}`: false, `["\u0000"]`: false,
	} {
		var v any
		if err := decodeJSON([]byte(text), &v); (err == nil) != fine {
			t.Errorf("%s: got %v, want fine = %t", text, err, fine)
		}
	}
}

func TestObject_KeepsItsText(t *testing.T) {
	t.Parallel()
	var in struct {
		Data, None, Null Object
	}
	text := `{"Data":{"big":12345678901234567890.10,"e":1e999},"None":null,"Null":null}`
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(in)
	if diff := cmp.Diff(text, string(got)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestPreference_Wait(t *testing.T) {
	t.Parallel()
	for prefer, want := range map[string]time.Duration{
		"": 0, "wait=5": 5 * time.Second, "respond-async, wait=2": 2 * time.Second, "wait=99999999": 30 * time.Second,
		"wait=0": 0, "wait=-1": 0, "wait=soon": 0, "waiting=5": 0,
	} {
		if got := (Preference{prefer}).wait(); got != want {
			t.Errorf("%q: got %s, want %s", prefer, got, want)
		}
	}
}

func TestPageOf(t *testing.T) {
	t.Parallel()
	rows := []int{1, 2, 3, 4, 5}
	var got []int
	p := Paging{Limit: 2}
	for range len(rows) {
		page, err := pageOf(rows, p)
		if err != nil || page.Total != len(rows) {
			t.Fatalf("got %v and the total %d", err, page.Total)
		}
		got = append(got, page.Items...)
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if page, err := pageOf(rows, Paging{Limit: 2, Offset: 9}); err != nil || len(page.Items) != 0 {
		t.Errorf("beyond the end: got %v, %v, want nothing", page.Items, err)
	}
}
