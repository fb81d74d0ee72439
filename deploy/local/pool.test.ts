import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { Pool } from "./pool.js";

const PROGRAM = fileURLToPath(new URL("testdata/bootstrap.mjs", import.meta.url));

interface Echo {
  readonly pid: number;
  readonly served: number;
  readonly event: unknown;
}

function open({ bound = 4, timeoutMs = 5_000, handler = "http", log = (_line: string): void => {} } = {}): Pool {
  const environment = { PATH: process.env["PATH"] ?? "", _HANDLER: handler };
  const pool = new Pool({ name: "test", program: PROGRAM, environment, timeoutMs, log }, bound);
  onTestFinished(() => pool.close());
  return pool;
}

const echo = async (pool: Pool): Promise<Echo> => (await pool.invoke({ do: "echo" })) as Echo;

/** Returns the process state as the system reports it: T for stopped. Small Linux images have no ps. */
function stateOf(pid: number): string {
  if (process.platform === "linux") return /^State:\s*(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  return execFileSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" }).slice(0, 1);
}

describe("Pool", () => {
  it("hands the event over and the answer back", async () => {
    expect(await open().invoke({ do: "echo", word: "마루" })).toMatchObject({ event: { word: "마루" }, handler: "http" });
  });

  it("uses a process again, for one event at a time", async () => {
    const pool = open();
    const first = await echo(pool);
    expect(await echo(pool)).toMatchObject({ pid: first.pid, served: 2 });
    const [one, other] = await Promise.all([echo(pool), echo(pool)]);
    expect(one.pid).not.toBe(other.pid);
  });

  it("lets events wait when all its processes are busy", async () => {
    const pool = open({ bound: 2 });
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => echo(pool)));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
    expect(pool.figures).toMatchObject({ processes: 2, starts: 2, busy: 0 });
  });

  it("keeps the connection for as long as an event takes", async () => {
    // A server that closes idle connections says so in this header.
    expect(await open().invoke({ do: "echo" })).toMatchObject({ keepAlive: null });
  });

  it("reports the function's own error and keeps the process", async () => {
    const pool = open();
    await expect(pool.invoke({ do: "fail" })).rejects.toMatchObject({ name: "Trouble", message: "it did not work" });
    expect((await echo(pool)).served).toBe(2);
  });

  it("fails the event of a process that crashes and replaces it", async () => {
    const pool = open();
    await expect(pool.invoke({ do: "die" })).rejects.toMatchObject({ name: "Runtime.ExitError", message: expect.stringContaining("exit status 3") });
    expect((await echo(pool)).served).toBe(1);
    expect(pool.figures).toMatchObject({ starts: 2, crashes: 1 });
  });

  it("fails only the event of a process that dies halfway through its answer", async () => {
    let lines = "";
    const pool = open({ log: (line) => (lines += line) });
    await expect(pool.invoke({ do: "halve" })).rejects.toMatchObject({ name: "Runtime.ExitError", message: expect.stringContaining("SIGKILL") });
    await expect.poll(() => lines).toContain("aborted");
    expect((await echo(pool)).served).toBe(1);
  });

  it("fails the event of a process that cannot start", async () => {
    await expect(open({ handler: "broken" }).invoke({ do: "echo" })).rejects.toMatchObject({ name: "Runtime.ExitError" });
  });

  it("kills a process that exceeds the timeout", async () => {
    const pool = open({ timeoutMs: 300 });
    await echo(pool);
    await expect(pool.invoke({ do: "hang" })).rejects.toMatchObject({ name: "Sandbox.Timedout", message: "Task timed out after 0.3 seconds" });
    expect((await echo(pool)).served).toBe(1);
  });

  it("refuses an answer of more than 6 MB", async () => {
    await expect(open().invoke({ do: "big" })).rejects.toMatchObject({ name: "Function.ResponseSizeTooLarge" });
  });

  it("kills the busy processes on request, and no others", async () => {
    const pool = open();
    await Promise.all([echo(pool), echo(pool)]);
    const hanging = pool.invoke({ do: "hang" });
    await expect.poll(() => pool.figures.busy).toBe(1);
    expect(pool.killBusy()).toBe(1);
    await expect(hanging).rejects.toMatchObject({ message: expect.stringContaining("SIGKILL") });
    await expect.poll(() => pool.figures).toMatchObject({ processes: 1, crashes: 1 });
  });

  it("freezes a process between events", async () => {
    const pool = open();
    const { pid } = await echo(pool);
    await expect.poll(() => stateOf(pid)).toBe("T");
    expect((await echo(pool)).pid).toBe(pid);
  });

  it("leaves no process when it is closed", async () => {
    const pool = open();
    const { pid } = await echo(pool);
    await pool.close();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await expect(echo(pool)).rejects.toThrow("closed");
  });
});
