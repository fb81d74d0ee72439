import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

/** Runs the serverless home on this machine; MARU_LAPTOP names another one. */
const LAPTOP = process.env["MARU_LAPTOP"] ?? fileURLToPath(new URL("../../bin/laptop", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The functions as processes behind emulated gateways, on free loopback ports.
 * The laptop keeps the database through stops and starts, and does what it is
 * told line by line; it and all that it started ends with this process.
 */
export class ServerlessHome implements Home {
  readonly #laptop: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #output = "";
  #baseURL = "";

  private constructor() {
    this.#laptop = spawn(LAPTOP, ["-page", "0", "-api", "0", "-socket", "0", "-rates", "off", "-commands"], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#laptop.stderr?.on("data", (chunk) => (this.#output += String(chunk)));
    this.#answers = createInterface({ input: this.#laptop.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts a home with an empty table. */
  static async open(): Promise<ServerlessHome> {
    const home = new ServerlessHome();
    const failed = once(home.#laptop, "error").then(([cause]) => {
      throw new Error(`${LAPTOP} does not start, make laptop makes it`, { cause });
    });
    const [word, url] = (await Promise.race([failed, home.#answer()])).split(" ");
    if (word !== "ready" || !url) throw new Error(`the laptop says ${word}\n${home.output()}`);
    home.#baseURL = `${url}/`;
    return home;
  }

  get baseURL(): string {
    return this.#baseURL;
  }

  start(): Promise<void> {
    return this.#tell("start");
  }

  stop(): Promise<void> {
    return this.#tell("stop");
  }

  kill(): Promise<void> {
    return this.#tell("kill");
  }

  revokeTokens(): Promise<void> {
    return this.#tell("revoke");
  }

  output(): string {
    return this.#output;
  }

  /** Ends the home and forgets its data. */
  async close(): Promise<void> {
    if (this.#laptop.exitCode !== null) return;
    const exited = once(this.#laptop, "exit");
    this.#laptop.stdin?.end();
    await exited;
  }

  async #tell(word: string): Promise<void> {
    this.#laptop.stdin?.write(`${word}\n`);
    const answer = await this.#answer();
    if (answer !== "done") throw new Error(`the laptop was told to ${word} and says ${answer}\n${this.output()}`);
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the laptop has ended\n${this.output()}`);
    return value;
  }
}
