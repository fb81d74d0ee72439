import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { HOST } from "./settings.js";

/** Lambda's own limits. */
const INIT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 6 * 1024 * 1024;

/** A failure as Lambda reports it. */
export class FunctionError extends Error {
  /** @param {string} type @param {string} message */
  constructor(type, message) {
    super(message);
    this.name = type;
  }
}

/**
 * @typedef {object} Call the current invocation
 * @property {string} id
 * @property {unknown} event
 * @property {(answer: unknown) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {NodeJS.Timeout} timer
 *
 * @typedef {object} FunctionOptions
 * @property {string} name
 * @property {string} program
 * @property {Record<string, string>} environment
 * @property {number} timeoutMs
 * @property {(line: string) => void} log receives the output of the processes
 */

/**
 * One process of a function, and the Runtime API that it polls for events, one
 * invocation at a time. Between invocations the process is stopped, as Lambda
 * freezes it: what it would do after its answer waits for the next invocation.
 */
export class Bootstrap {
  #options;
  // Lambda closes no connection of a busy function. Node would close one after a
  // few seconds, and the answer that is sent at that moment would be lost.
  #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    // An incomplete answer comes from a process that has died: #end fails its call.
    this.#serve(request, response).catch((error) => this.#options.log(`Runtime API: ${error.message}\n`));
  });
  /** @type {import("node:child_process").ChildProcess | null} */
  #process = null;
  /** @type {Call | null} */
  #call = null;
  /** @type {import("node:http").ServerResponse | null} the poll that waits for an event */
  #asking = null;
  #isFrozen = false;
  #isDying = false;
  #hasEnded = false;
  /** @type {() => void} */
  #markEnded = () => {};

  /** Resolves once the process is gone and the port is free. @type {Promise<void>} */
  ended = new Promise((resolve) => (this.#markEnded = resolve));

  /** @param {FunctionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Reports whether it takes no more events. */
  get isOver() {
    return this.#isDying || this.#hasEnded;
  }

  /** @returns {number | undefined} */
  get pid() {
    return this.#process?.pid;
  }

  /** Starts the process; it may be invoked at once. */
  async start() {
    this.#server.listen(0, HOST);
    await once(this.#server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    const { program, environment, log } = this.#options;
    const child = spawn(program, [], {
      env: { ...environment, AWS_LAMBDA_RUNTIME_API: `${HOST}:${port}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", log);
    child.once("error", (error) => this.#end(new FunctionError("Runtime.InvalidEntrypoint", error.message)));
    child.once("exit", (code, signal) => {
      const how = signal ? `signal: ${signal}` : `exit status ${code}`;
      this.#end(new FunctionError("Runtime.ExitError", `RequestId: ${this.#call?.id} Error: Runtime exited with error: ${how}`));
    });
  }

  /**
   * @param {unknown} event
   * @returns {Promise<unknown>}
   */
  invoke(event) {
    return new Promise((resolve, reject) => {
      if (this.isOver) throw new FunctionError("Runtime.ExitError", "the process has ended");
      // A process that is still starting gets the time that Lambda allows for that.
      this.#call = { id: randomUUID(), event, resolve, reject, timer: this.#limit(INIT_TIMEOUT_MS) };
      this.#handOver();
    });
  }

  /** @param {number} ms after which the current call fails and the process is killed */
  #limit(ms) {
    return setTimeout(() => {
      this.kill();
      this.#finish((call) => call.reject(new FunctionError("Sandbox.Timedout", `Task timed out after ${ms / 1000} seconds`)));
    }, ms);
  }

  /** Kills the process as a crash does. Its current call fails. */
  kill() {
    this.#isDying = true;
    this.#process?.kill("SIGKILL");
  }

  /** Gives the waiting call to the waiting process. */
  #handOver() {
    const [call, response] = [this.#call, this.#asking];
    if (!call || !response) return;
    this.#asking = null;
    clearTimeout(call.timer);
    call.timer = this.#limit(this.#options.timeoutMs);
    this.#thaw();
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": call.id,
      "Lambda-Runtime-Deadline-Ms": Date.now() + this.#options.timeoutMs,
      "Lambda-Runtime-Invoked-Function-Arn": `arn:aws:lambda:local:000000000000:function:${this.#options.name}`,
      "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
    });
    response.end(JSON.stringify(call.event));
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async #serve(request, response) {
    const [, id, what] = /^\/2018-06-01\/runtime\/(?:invocation\/)?([^/]+)(?:\/([^/]+))?$/.exec(request.url ?? "") ?? [];
    if (id === "next") {
      this.#asking = response;
      if (this.#call) this.#handOver();
      else this.#freeze();
      return;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    response.writeHead(202).end("{}");
    if (what === "response" && id === this.#call?.id) this.#answer(body);
    else if (what === "error") {
      const { errorType, errorMessage } = JSON.parse(body || "{}");
      this.#finish((call) => call.reject(new FunctionError(errorType ?? "Unknown", errorMessage ?? body)));
    }
  }

  /** @param {string} body */
  #answer(body) {
    if (Buffer.byteLength(body) > MAX_ANSWER_BYTES) {
      const message = `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`;
      this.#finish((call) => call.reject(new FunctionError("Function.ResponseSizeTooLarge", message)));
      return;
    }
    this.#finish((call) => call.resolve(body === "" ? null : JSON.parse(body)));
  }

  /** @param {(call: Call) => void} how */
  #finish(how) {
    const call = this.#call;
    if (!call) return;
    this.#call = null;
    clearTimeout(call.timer);
    how(call);
  }

  #freeze() {
    this.#isFrozen = true;
    this.#process?.kill("SIGSTOP");
  }

  #thaw() {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#process?.kill("SIGCONT");
  }

  /** @param {FunctionError} error the outcome of the current call */
  #end(error) {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#finish((call) => call.reject(error));
    this.#server.close(() => this.#markEnded());
    this.#server.closeAllConnections();
  }
}
