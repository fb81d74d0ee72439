#!/usr/bin/env node
// A function for tests: it does what its event says.
import { appendFileSync } from "node:fs";

const api = `http://${process.env["AWS_LAMBDA_RUNTIME_API"]}/2018-06-01/runtime`;
let served = 0;
/** @type {string | null} how long the connection lives on between requests, as the Runtime API says */
let keepAlive = null;

/** @type {Record<string, (event: any) => unknown>} */
const acts = {
  echo: (event) => ({ event, pid: process.pid, served, keepAlive, handler: process.env["_HANDLER"] }),
  die: () => process.exit(3),
  fail: () => {
    throw Object.assign(new Error("it did not work"), { name: "Trouble" });
  },
  hang: () => new Promise(() => setInterval(() => {}, 1000)),
  big: () => "x".repeat(6 * 1024 * 1024),
  // What a program still does after its answer, as often as it may.
  linger: ({ file }) => void setInterval(() => appendFileSync(file, "."), 5),
};

if (process.env["_HANDLER"] === "broken") process.exit(1);
for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const event = /** @type {any} */ (await next.json());
  keepAlive = next.headers.get("keep-alive");
  served += 1;
  const [what, body] = await Promise.resolve()
    .then(() => acts[event.do]?.(event))
    .then((answer) => ["response", answer ?? null], (error) => ["error", { errorType: error.name, errorMessage: error.message }]);
  await fetch(`${api}/invocation/${id}/${what}`, { method: "POST", body: JSON.stringify(body) });
}
