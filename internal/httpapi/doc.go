// Package httpapi answers Maru's HTTP requests: all that is not live, the classic
// API, and the page with its headers. It is one [http.Handler] for both homes. It
// neither opens sockets (see wsserver and apigw) nor decides anything (see chat).
// Rooms, entries and posts look in bodies as they do in the frames of package wire.
//
// What must always hold:
//
//   - A request that is refused changes nothing: bodies are read, bounded and
//     checked before the service is called.
//   - Every failure of the API is a problem document (RFC 9457) with the code of
//     its [chat.Error]; its cause is for the log.
//   - No token, secret, query or text is logged. No token or secret is in a path:
//     it travels in a header, a body or a link's #fragment.
package httpapi
