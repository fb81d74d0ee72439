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
 * One process with a database, for one story after the other; it and all that it
 * started ends with this process.
 */
class Laptop {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #failed: Promise<never>;
  output = "";

  constructor(limits: readonly string[]) {
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

/** The laptops of this process, by how connections end there. */
const laptops = new Map<string, Laptop>();

function laptopWith({ hard, idle }: Ends): Laptop {
  const limits = [...(hard ? ["-hard-timeout", hard] : []), ...(idle ? ["-idle-timeout", idle] : [])];
  const laptop = laptops.get(limits.join()) ?? new Laptop(limits);
  laptops.set(limits.join(), laptop);
  return laptop;
}

/** The functions as processes behind emulated gateways, on free loopback ports. */
export class ServerlessHome implements Home {
  private constructor(readonly baseURL: string, private readonly laptop: Laptop) {}

  /**
   * Gives an empty home: the one of the story before it, where that has not been
   * stopped, for starting one takes seconds.
   */
  static async open(ends: Ends = {}): Promise<ServerlessHome> {
    const laptop = laptopWith(ends);
    laptop.output = "";
    return new ServerlessHome(`${await laptop.tell("open")}/`, laptop);
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

  /** Leaves the home to the next story. It goes with the laptop. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
