// Package httpapi is what Maru answers over HTTP: all that is not live, the
// classic API, and the page with its headers. It is one [http.Handler] for both
// homes, and neither the socket (see wsserver and apigw) nor the place where
// anything is decided (see chat). Bodies say rooms, entries and posts as
// package wire does.
//
// What must always hold:
//
//   - A request that is refused has changed nothing: bodies are read, bounded
//     and checked before the service is called.
//   - Every failure of the API is a problem document (RFC 9457) with the code of
//     its [chat.Error]; what went wrong inside is for the log.
//   - No token, secret, query or text reaches the log, and none stands in a
//     path: a secret travels in a header, a body or a link's #fragment.
package httpapi
