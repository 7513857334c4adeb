package views

// WebhooksView lists subscriptions.
type WebhooksView struct {
	Rows  []WebhookRow
	Pager Pager
	Add   FormBox
}

// WebhookRow is one subscription of a list.
type WebhookRow struct {
	URL         string
	Description string
	Href        string
	State       Mark
	Events      []string // empty: all
	Since       Moment
	Dead        CountLink // deliveries that were given up
}

// WebhookView is one subscription with what it was told.
type WebhookView struct {
	URL        string
	State      Mark
	Since      Moment
	By         string
	Failing    Moment // zero when it is not
	Disabled   string // why Tandem has disabled it
	Shown      *Shown
	Acts       []Act
	Confirms   []Confirm
	Edit       FormBox
	Filters    []InboxTab // deliveries of all states, and of each
	Deliveries []DeliveryRow
	Pager      Pager
}

// DeliveryRow is what a subscription was told of one event.
type DeliveryRow struct {
	Event     string
	WebhookID string
	State     Mark
	Attempts  string
	Answer    string // status of the last answer, "" for none
	Error     string
	Made      Moment
	Next      Moment // zero when it has ended
	Again     *Act
}

// WebhookState gives the mark of a subscription: active, failing, paused,
// disabled.
func (p Page) WebhookState(state string) Mark {
	look := map[string]Mark{
		"active":   {Class: "state-completed", Icon: "circle-check"},
		"failing":  {Class: "state-waiting", Icon: "triangle-alert"},
		"paused":   {Class: "state-paused", Icon: "circle-pause"},
		"disabled": {Class: "state-failed", Icon: "circle-alert"},
	}[state]
	look.Word = p.T("hook.state." + state)
	return look
}

// DeliveryState gives the mark of a delivery: pending, delivered, dead.
func (p Page) DeliveryState(state string) Mark {
	look := map[string]Mark{
		"pending":   {Class: "state-waiting", Icon: "hourglass"},
		"delivered": {Class: "state-completed", Icon: "circle-check"},
		"dead":      {Class: "state-failed", Icon: "circle-alert"},
	}[state]
	look.Word = p.T("hook.delivery." + state)
	return look
}

// SecretsView lists secrets, without their values.
type SecretsView struct {
	Rows  []SecretRow
	Pager Pager
	Add   FormBox
}

// SecretRow is one secret of a list.
type SecretRow struct {
	Name        string
	Href        string
	Definitions []string
	Hosts       []string
	Updated     Moment
	By          string
}

// SecretView is one secret, without its value.
type SecretView struct {
	Name      string
	Made      Moment
	MadeBy    string
	Updated   Moment
	UpdatedBy string
	Key       string // id of the master key that seals it
	Replace   FormBox
	Delete    Confirm
}

// RolesView says what each role may.
type RolesView struct {
	Roles []RoleRow
	Areas []AreaRow
}

// RoleRow is one role.
type RoleRow struct {
	Name   string
	Code   string
	About  string
	People string // how many have it
	Href   string // to those
}

// AreaRow says for an area of pages what each role may do there, in the order of
// the roles.
type AreaRow struct {
	Path string
	May  []string
}
