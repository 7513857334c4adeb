package msg

// identity holds signing in by identity providers, in the profile.
var identity = catalogue{
	"identity.title":       {"Identity providers", "Anmeldedienste"},
	"identity.lead":        {"Sign in with an account that you have elsewhere.", "Melden Sie sich mit einem Konto an, das Sie anderswo haben."},
	"identity.link":        {"Link %s", "%s verknüpfen"},
	"identity.confirm":     {"Link this account?", "Dieses Konto verknüpfen?"},
	"identity.text":        {"%s is signed in there as %s. Whoever signs in so is then signed in here as you.", "Bei %s ist %s angemeldet. Wer sich so anmeldet, ist dann hier als Sie angemeldet."},
	"identity.button":      {"Link it", "Verknüpfen"},
	"identity.linked":      {"The account is linked.", "Das Konto ist verknüpft."},
	"identity.unlink":      {"Unlink", "Trennen"},
	"identity.unlink_text": {"You can then no longer sign in with it.", "Sie können sich dann nicht mehr damit anmelden."},
	"identity.unlinked":    {"The account is unlinked.", "Das Konto ist getrennt."},

	"fault.identity_taken":         {"This identity signs in to an account already. Unlink it there first.", "Mit dieser Identität meldet sich schon ein Konto an. Trennen Sie sie dort zuerst."},
	"fault.too_many_identities":    {"An account has at most 10 identities. Unlink one first.", "Ein Konto hat höchstens 10 Identitäten. Trennen Sie erst eine."},
	"audit.a.user.link_identity":   {"Linked an identity provider's account", "Hat ein Konto eines Anmeldedienstes verknüpft"},
	"audit.a.user.unlink_identity": {"Unlinked an identity provider's account", "Hat ein Konto eines Anmeldedienstes getrennt"},
}
