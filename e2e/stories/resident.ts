import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";

/** The binary with the page inside; MARU_PROGRAM names another one. */
const PROGRAM = process.env["MARU_PROGRAM"] ?? fileURLToPath(new URL("../../bin/maru", import.meta.url));
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 15_000;

/** The resident home: the real program as a process on a loopback port, with its data in a folder of its own. */
export class ResidentHome implements Home {
  readonly baseURL: string;
  readonly #addr: string;
  readonly #data = mkdtempSync(join(tmpdir(), "maru-story-"));
  #process: ChildProcess | null = null;
  #output = "";

  private constructor(addr: string) {
    this.#addr = addr;
    this.baseURL = `http://${addr}/`;
  }

  /** Finds a free port and starts the program there. */
  static async open(): Promise<ResidentHome> {
    const home = new ResidentHome(`127.0.0.1:${await freePort()}`);
    await home.start();
    return home;
  }

  async start(): Promise<void> {
    const child = spawn(PROGRAM, ["--addr", this.#addr, "--data", this.#data], {
      // Stories type faster than people; rates have tests of their own.
      env: { ...process.env, MARU_RATES: "off" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    process.once("exit", this.#killNow);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (this.#output += String(chunk)));
    const failed = once(child, "error").then(([cause]) => {
      throw new Error(`${PROGRAM} does not start, make build makes it`, { cause });
    });
    await Promise.race([failed, this.#awaitReady(child)]);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    child.kill("SIGTERM");
    const timer = setTimeout(this.#killNow, STOP_TIMEOUT_MS);
    await this.#awaitEnd(child);
    clearTimeout(timer);
    if (child.exitCode !== 0) throw new Error(`maru ended with ${child.exitCode ?? child.signalCode}\n${this.#output}`);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    child.kill("SIGKILL");
    await this.#awaitEnd(child);
  }

  async revokeTokens(): Promise<void> {
    await rm(join(this.#data, "signing.key"));
  }

  output(): string {
    return this.#output;
  }

  /** Ends the program and removes its data. */
  async close(): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true });
  }

  readonly #killNow = (): void => void this.#process?.kill("SIGKILL");

  async #awaitEnd(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    process.removeListener("exit", this.#killNow);
    this.#process = null;
  }

  async #awaitReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      const answer = await fetch(`${this.baseURL}readyz`).catch(() => null);
      if (answer?.ok) return;
      await pause(10);
    }
    throw new Error(`maru is not ready\n${this.#output}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
