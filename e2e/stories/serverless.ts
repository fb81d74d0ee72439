import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

/** Runs serverless homes on this machine; MARU_LAPTOP names another one. */
const PROGRAM = process.env["MARU_LAPTOP"] ?? fileURLToPath(new URL("../../bin/laptop", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a laptop is told, line by line; it answers each with a line. */
type Command = "open" | "start" | "stop" | "kill" | "revoke";

/** How soon connections end, such as "10s", in place of AWS's two hours and ten minutes of silence. */
export interface Ends {
  readonly hard?: string;
  readonly idle?: string;
}

/**
 * One process with a database, for all stories of this file one after the
 * other; it and all that it started ends with this process.
 */
class Laptop {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #failed: Promise<never>;
  output = "";

  constructor(ends: Ends) {
    const limits = [...(ends.hard ? ["-hard-timeout", ends.hard] : []), ...(ends.idle ? ["-idle-timeout", ends.idle] : [])];
    const child = spawn(PROGRAM, ["-page", "0", "-api", "0", "-socket", "0", "-rates", "off", "-commands", ...limits], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on("data", (chunk) => (this.output += String(chunk)));
    this.#failed = once(child, "error").then(([cause]) => {
      throw new Error(`${PROGRAM} does not start, make laptop makes it`, { cause });
    });
    this.#failed.catch(() => {}); // whoever tells it something hears of it
  }

  async tell(command: Command): Promise<string> {
    this.#process.stdin?.write(`${command}\n`);
    const { value, done } = await Promise.race([this.#failed, this.#answers.next()]);
    if (done) throw new Error(`the laptop was told to ${command} and has ended\n${this.output}`);
    return value;
  }
}

let shared: Laptop | null = null;

/** The functions as processes behind emulated gateways, on free loopback ports. */
export class ServerlessHome implements Home {
  private constructor(readonly baseURL: string, private readonly laptop: Laptop) {}

  /** Starts a home with an empty table. The first one of a file says for all of it how connections end. */
  static async open(ends: Ends = {}): Promise<ServerlessHome> {
    shared ??= new Laptop(ends);
    shared.output = "";
    return new ServerlessHome(`${await shared.tell("open")}/`, shared);
  }

  async start(): Promise<void> {
    await this.laptop.tell("start");
  }

  async stop(): Promise<void> {
    await this.laptop.tell("stop");
  }

  async kill(): Promise<void> {
    await this.laptop.tell("kill");
  }

  async revokeTokens(): Promise<void> {
    await this.laptop.tell("revoke");
  }

  output(): string {
    return this.laptop.output;
  }

  /** Ends the home; its data goes with the laptop. */
  close(): Promise<void> {
    return this.kill();
  }
}
