package seed

import "fmt"

// kind is a workflow that is copied.
type kind struct{ name, title, group string }

// kinds lists them, each with the group that decides.
var kinds = []kind{
	{"seed_purchase", "Purchase", "managers"},
	{"seed_travel", "Business trip", "managers"},
	{"seed_invoice", "Invoice", "finance"},
	{"seed_contract", "Contract", "executives"},
	{"seed_leave", "Leave", "hr"},
	{"seed_laptop", "Laptop", "it"},
}

// document is a workflow of ten steps, one of them a person's.
func (k kind) document() []byte {
	return fmt.Appendf(nil, `format: 1
name: %s
version: 1.0.0
title: %s
description: Made by "tandem demo seed".
labels: [seed]
search: [customer, region, amount]
input_schema:
  type: object
  required: [customer, region, amount]
  properties:
    customer: {type: string, title: Customer}
    region: {type: string, title: Region}
    amount: {type: number, title: Amount}
    carrier: {type: string, title: Carrier}
permissions:
  view: {groups: [auditors]}
steps:
  - {name: receive, type: machine, action: noop}
  - {name: check, type: machine, action: noop}
  - {name: price, type: machine, action: noop}
  - name: approve
    type: human
    title: "Approve {{ data.amount }} for {{ data.customer }}"
    candidate_groups: [%s]
    due: 48h
    outcomes: [{name: approve, title: Approve}, {name: reject, title: Reject}]
  - {name: reserve, type: machine, action: noop}
  - {name: pack, type: machine, action: noop}
  - {name: carrier, type: machine, action: fail, when: 'data.?carrier.orValue("") == "none"', with: {message: No carrier goes there, code: no_carrier}}
  - {name: ship, type: machine, action: noop}
  - {name: bill, type: machine, action: noop}
  - {name: close, type: machine, action: noop}
edges:
  - {source: receive, target: check}
  - {source: check, target: price}
  - {source: price, target: approve}
  - {source: approve, target: reserve}
  - {source: reserve, target: pack}
  - {source: pack, target: carrier}
  - {source: carrier, target: ship}
  - {source: ship, target: bill}
  - {source: bill, target: close}
`, k.name, k.title, k.group)
}
