package secret

import "encoding/hex"

// Box is a value of Tandem's own, sealed as secrets are: no step can name it.
type Box struct {
	KeyID      string // of the master key that seals it
	Nonce      []byte
	Ciphertext []byte
}

// Print tells boxes apart without opening them.
func (b Box) Print() string { return hex.EncodeToString(b.Nonce) }

// Seal seals a value that belongs to a name of a tenant. Names must not be those
// that secrets can have.
func (v *Vault) Seal(tenant, name, value string) (Box, error) {
	s := Sealed{Info: Info{Tenant: tenant, Name: name}}
	if err := v.keys.seal(&s, value); err != nil {
		return Box{}, refused(err)
	}
	return Box{s.KeyID, s.Nonce, s.Ciphertext}, nil
}

// Open gives the value of a box.
func (v *Vault) Open(tenant, name string, b Box) (string, error) {
	return v.keys.open(Sealed{Info: Info{Tenant: tenant, Name: name, KeyID: b.KeyID}, Nonce: b.Nonce, Ciphertext: b.Ciphertext})
}

// Reseal seals a box with the current master key, if another one sealed it.
func (v *Vault) Reseal(tenant, name string, b Box) (sealed Box, changed bool, err error) {
	if len(v.keys.keys) > 0 && b.KeyID == v.keys.keys[0].id {
		return b, false, nil
	}
	value, err := v.Open(tenant, name, b)
	if err != nil {
		return b, false, err
	}
	sealed, err = v.Seal(tenant, name, value)
	return sealed, err == nil, err
}
