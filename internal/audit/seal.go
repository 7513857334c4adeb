package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"tandem/internal/workflow"
)

// MaxLines bounds the lines under one seal.
const MaxLines = 5000

// Seal is one link of a tenant's chain.
type Seal struct {
	Tenant string
	No     int64 // from 1, without gaps
	At     time.Time
	Lines  []int64 // Seq of each line, ascending
	Hash   []byte  // of the lines and of the seal before; see Hash
}

// Hash gives the digest of a seal: SHA-256 over the digest of the seal before
// it (nothing for the first), its number, and the digests of its lines in the
// order of Seq.
func Hash(before []byte, no int64, lines []workflow.Record) []byte {
	h := sha256.New()
	h.Write(before)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(no)))
	for i := range lines {
		sum := digest(&lines[i])
		h.Write(sum[:])
	}
	return h.Sum(nil)
}

// digest covers every field of a line; each text is preceded by its length, so
// that none can run into the next.
func digest(r *workflow.Record) [sha256.Size]byte {
	b := make([]byte, 0, 512)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMicro()))
	b = append(b, r.InstanceID[:]...)
	for _, text := range []string{
		r.Tenant, r.Actor, r.Caller, r.Via, r.Token, r.Address, r.Request, r.Action, r.Object, r.ObjectID,
		r.Definition, r.Refused, r.Reason, string(r.Before), string(r.After),
	} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(b)
}
