import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

/** The program that runs serverless homes on this machine; MARU_LAPTOP names another one. */
const PROGRAM = process.env["MARU_LAPTOP"] ?? fileURLToPath(new URL("../../bin/laptop", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A command to the laptop program: one line, which it answers with one line. */
type Command = "open" | "start" | "stop" | "kill" | "revoke";

/** When connections end, for example "10s", instead of AWS's two hours and ten idle minutes. */
export interface Ends {
  readonly hard?: string;
  readonly idle?: string;
}

/**
 * One process of the laptop program with its database, shared by stories that run
 * one after the other. It ends, with everything it has started, when this process ends.
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
    this.#failed.catch(() => {}); // tell reports it
  }

  async tell(command: Command): Promise<string> {
    this.#process.stdin?.write(`${command}\n`);
    const { value, done } = await Promise.race([this.#failed, this.#answers.next()]);
    if (done) throw new Error(`the laptop was told to ${command} and has ended\n${this.output}`);
    return value;
  }
}

/** The laptops of this process, by their limits for connections. */
const laptops = new Map<string, Laptop>();

function laptopWith({ hard, idle }: Ends): Laptop {
  const limits = [...(hard ? ["-hard-timeout", hard] : []), ...(idle ? ["-idle-timeout", idle] : [])];
  const laptop = laptops.get(limits.join()) ?? new Laptop(limits);
  laptops.set(limits.join(), laptop);
  return laptop;
}

/** The serverless home: the functions as processes behind emulated gateways, on free loopback ports. */
export class ServerlessHome implements Home {
  private constructor(readonly baseURL: string, private readonly laptop: Laptop) {}

  /**
   * Returns an empty home. It is the previous story's if that was not stopped,
   * because starting one takes seconds.
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

  /** Leaves the home to the next story. It ends with the laptop. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
