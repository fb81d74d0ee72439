#!/usr/bin/env node
// A function for tests: it does what its event says.
import { connect } from "node:net";

const api = `http://${process.env["AWS_LAMBDA_RUNTIME_API"]}/2018-06-01/runtime`;
let served = 0;
/** @type {string | null} the id of the current event */
let current = null;
/** @type {string | null} the Runtime API's Keep-Alive header */
let keepAlive = null;

/** Dies halfway through its answer, once the head and the first half of the body have arrived. */
function dieHalfway() {
  const { host, hostname, port, pathname } = new URL(api);
  const socket = connect(Number(port), hostname);
  const head = [`POST ${pathname}/invocation/${current}/response HTTP/1.1`, `Host: ${host}`, "Content-Length: 9", "Expect: 100-continue"];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  // The server has read the head once it answers 100 Continue.
  socket.once("data", () => socket.write('"hal', () => process.kill(process.pid, "SIGKILL")));
  return new Promise(() => {});
}

/** @type {Record<string, (event: any) => unknown>} */
const acts = {
  echo: (event) => ({ event, pid: process.pid, served, keepAlive, handler: process.env["_HANDLER"] }),
  die: () => process.exit(3),
  fail: () => {
    throw Object.assign(new Error("it did not work"), { name: "Trouble" });
  },
  hang: () => new Promise(() => setInterval(() => {}, 1000)),
  halve: dieHalfway,
  big: () => "x".repeat(6 * 1024 * 1024),
};

if (process.env["_HANDLER"] === "broken") process.exit(1);
for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  current = next.headers.get("lambda-runtime-aws-request-id");
  const event = /** @type {any} */ (await next.json());
  keepAlive = next.headers.get("keep-alive");
  served += 1;
  const [what, body] = await Promise.resolve()
    .then(() => acts[event.do]?.(event))
    .then((answer) => ["response", answer ?? null], (error) => ["error", { errorType: error.name, errorMessage: error.message }]);
  await fetch(`${api}/invocation/${current}/${what}`, { method: "POST", body: JSON.stringify(body) });
}
