// Package transcript plays plain-text scripts against a running home: who signs in,
// what is sent on which connection, and everything that comes back. It sees a home
// from outside only, so the same scripts hold both homes to the same protocol.
//
// A script is read line by line:
//
//	# a comment
//	own                            needs a home of its own, because it restarts it
//	user alice                     signs in; $alice is the user's id
//	room R alice bob               alice creates a public room, bob joins; $R is its id
//	private P alice                alice creates a private room
//	let x repeat 4001 가           sets $x to a text that is too long to write
//	connect phone alice            opens a maru.v1 socket of alice, named phone (connect alice: named alice)
//	plain carl /?room_id=x         opens a socket without a subprotocol
//	> phone {"action":"join", …}   sends a frame
//	+ {"action":"send", …}         one more frame in the same message
//	< phone {"type":"ack", ...}    the connection gets this frame
//	? phone {"type":"room.lost", ...}  from now on the connection may get this frame, or not
//	@ alice POST /rooms {…}        sends an HTTP request; "-" for one without a token
//	= 200 {…}                      the request is answered with this status and body
//	flood phone R 300              sends 300 posts into R, in which phone does not listen
//	drop phone                     the client closes the connection
//	closed phone                   the server has closed it
//	restart                        the home shuts down and starts again
//
// Adjacent "<" lines of one connection are a set: the connection gets exactly these
// frames, in any order. A line between them enforces an order. A connection may get
// no other frames, which is checked at the end of the script too. If an entry is
// pushed twice on one connection, which is allowed, the second push is ignored.
//
// In expected JSON, "$x" captures the value where x is not set yet, and must equal
// it afterwards; "<any>", "<int>", "<text>", "<id>", "<time>", "<cursor>" and
// "<cursor:3>" (a cursor of seq 3) match values that cannot be known; an object that
// ends in ... may have further fields; an array that begins with "<set>" may have
// any order. In JSON that is sent, "$x" is replaced by its value.
package transcript
