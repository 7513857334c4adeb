package db

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// column is one column of many rows on its way to unnest: the elements of a
// one-dimensional array in Postgres's binary format. The engine writes some
// eighty values per transition; encoding them here costs a tenth of what an
// array of Go values costs through reflection. The zero value is an empty
// column; an element is of the type of the parameter that it is sent as.
type column struct {
	n     int
	nulls bool
	elems []byte
}

// microsecondsFrom1970To2000 is the distance of Postgres's epoch from Unix's.
const microsecondsFrom1970To2000 = 946_684_800_000_000

func (c *column) length(n int) {
	c.n++
	c.elems = binary.BigEndian.AppendUint32(c.elems, uint32(n))
}

func (c *column) null() {
	c.n++
	c.nulls = true
	c.elems = append(c.elems, 0xff, 0xff, 0xff, 0xff)
}

// id appends a uuid; the zero one is NULL.
func (c *column) id(v uuid.UUID) {
	if v == uuid.Nil {
		c.null()
		return
	}
	c.length(len(v))
	c.elems = append(c.elems, v[:]...)
}

// text appends a text, which may be empty.
func (c *column) text(v string) {
	c.length(len(v))
	c.elems = append(c.elems, v...)
}

// word appends a text; the empty one is NULL.
func (c *column) word(v string) {
	if v == "" {
		c.null()
		return
	}
	c.text(v)
}

// words appends a list of texts as one array literal; the empty one is NULL.
func (c *column) words(v []string) {
	if len(v) == 0 {
		c.null()
		return
	}
	c.text(arrayLiteral(v))
}

// raw appends a JSON document; an empty one is NULL.
func (c *column) raw(v json.RawMessage) {
	if len(v) == 0 {
		c.null()
		return
	}
	c.length(len(v))
	c.elems = append(c.elems, v...)
}

// json appends a value as a JSON document.
func (c *column) json(v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	c.raw(doc)
	return nil
}

func (c *column) bool(v bool) {
	c.length(1)
	if v {
		c.elems = append(c.elems, 1)
		return
	}
	c.elems = append(c.elems, 0)
}

func (c *column) int32(v int) {
	c.length(4)
	c.elems = binary.BigEndian.AppendUint32(c.elems, uint32(int32(v)))
}

func (c *column) int64(v int64) {
	c.length(8)
	c.elems = binary.BigEndian.AppendUint64(c.elems, uint64(v))
}

// time appends a time, cut to microseconds.
func (c *column) time(v time.Time) { c.int64(v.UnixMicro() - microsecondsFrom1970To2000) }

// when appends a time; nil is NULL.
func (c *column) when(v *time.Time) {
	if v == nil {
		c.null()
		return
	}
	c.time(*v)
}

// array returns the column as the binary form of an array of elements of a type.
func (c *column) array(buf []byte, element uint32) []byte {
	if c.n == 0 {
		return appendUint32s(buf, 0, 0, element)
	}
	hasNulls := uint32(0)
	if c.nulls {
		hasNulls = 1
	}
	buf = appendUint32s(buf, 1, hasNulls, element, uint32(c.n), 1)
	return append(buf, c.elems...)
}

func appendUint32s(buf []byte, values ...uint32) []byte {
	for _, v := range values {
		buf = binary.BigEndian.AppendUint32(buf, v)
	}
	return buf
}

var literalEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// arrayLiteral writes texts as Postgres writes a text[].
func arrayLiteral(v []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(literalEscapes.Replace(s))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// columnCodec lets a *column be a parameter wherever an array is.
type columnCodec struct {
	pgtype.Codec
	element uint32
}

// PlanEncode implements pgtype.Codec.
func (c columnCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(*column); ok && format == pgtype.BinaryFormatCode {
		return columnPlan{element: c.element}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

type columnPlan struct{ element uint32 }

// Encode implements pgtype.EncodePlan.
func (p columnPlan) Encode(value any, buf []byte) ([]byte, error) {
	return value.(*column).array(buf, p.element), nil
}

// registerColumns teaches a connection to send columns.
func registerColumns(m *pgtype.Map) {
	for array, element := range map[uint32]uint32{
		pgtype.UUIDArrayOID:        pgtype.UUIDOID,
		pgtype.TextArrayOID:        pgtype.TextOID,
		pgtype.JSONArrayOID:        pgtype.JSONOID,
		pgtype.BoolArrayOID:        pgtype.BoolOID,
		pgtype.Int4ArrayOID:        pgtype.Int4OID,
		pgtype.Int8ArrayOID:        pgtype.Int8OID,
		pgtype.TimestamptzArrayOID: pgtype.TimestamptzOID,
	} {
		if t, ok := m.TypeForOID(array); ok {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: array, Codec: columnCodec{Codec: t.Codec, element: element}})
		}
	}
}
