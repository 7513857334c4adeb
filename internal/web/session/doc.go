// Package session tells who a request comes from: by the browser's session
// cookie, by a bearer token, or by what the host program says.
//
// It owns both cookies: tandem_session, whose data lie in the store, and
// tandem_login, which is encrypted and holds only what must live before a
// login. It imports workflow and what auth says of a session, and reaches people
// and stored sessions through small interfaces; it must not know pages, routes
// or rights.
//
// A session is written when someone signs in or out, at once and before the
// answer begins, and at no other time. So the middleware never wraps the
// response: streams pass through untouched, and a request that is still running
// when its session ends cannot bring it back.
package session
