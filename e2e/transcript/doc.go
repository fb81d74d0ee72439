// Package transcript runs plain-text conversations with a Maru against the real
// thing: who signs in, what is sent on which connection, and everything that
// comes back. It sees a home from outside only, so the same scripts hold every
// home to the same protocol.
//
// A script is read line by line:
//
//	# a comment
//	own                            needs a home of its own, because it restarts it
//	user alice                     signs in; $alice is the user's id
//	room R alice bob               alice creates a public room, bob joins; $R is its id
//	private P alice                alice creates a private room
//	let x repeat 4001 가           a variable for what is too long to write
//	connect phone alice            opens a maru.v1 socket named phone (alice, when left out: the same)
//	plain carl /?room_id=x         opens a socket without a subprotocol
//	> phone {"action":"join", …}   sends a frame
//	+ {"action":"send", …}         one more frame in the same message
//	< phone {"type":"ack", ...}    the connection gets this frame
//	? phone {"type":"room.lost", ...}  from now on the connection may get this, or not
//	@ alice POST /rooms {…}        asks over HTTP; "-" for nobody
//	= 200 {…}                      and is answered with this status and body
//	flood phone R 300              sends 300 posts into R, in which phone does not listen
//	drop phone                     the client closes the connection
//	closed phone                   the server has closed it
//	restart                        the home stops in order and starts again
//
// Adjacent "<" lines of one connection are a set: the frames may come in any
// order, and these are the only ones that come. A line between them asks for an
// order. At the end of the script no connection may have got anything else. An
// entry that is pushed twice on one connection is seen once: that is allowed.
//
// In what is expected, "$x" takes the value for x where x is not known yet and
// must equal it afterwards; "<any>", "<int>", "<text>", "<id>", "<time>",
// "<cursor>" and "<cursor:3>" (a cursor of seq 3) stand for values that cannot
// be known; an object that ends in ... may have further fields; an array that
// begins with "<set>" may have any order. In what is sent, "$x" is replaced.
package transcript
