import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { runOffline } from "./template.ts";

/** An address that nobody has (RFC 5737), and a name that never resolves (RFC 6761): nothing is reached even if the test fails. */
const ELSEWHERE = "192.0.2.1";
const NAME = "maru.invalid";

const run = (statement: string): Promise<string> =>
  runOffline(["--input-type=module", "--eval", `
    import dns, { lookup } from "node:dns";
    import http from "node:http";
    import https from "node:https";
    import net, { connect } from "node:net";
    import tls from "node:tls";
    const nothing = () => {};
    setTimeout(() => process.exit(3), 5_000).unref(); // a connection that nobody answers is not refused
    ${statement}`]);

describe("an offline program", () => {
  it.each([
    `net.connect(9, "${ELSEWHERE}")`,
    `net.connect({ port: 9, host: "${ELSEWHERE}" })`,
    `new net.Socket().connect(9, "${ELSEWHERE}")`,
    `connect(9, "${ELSEWHERE}")`,
    `net.connect(9, "::ffff:${ELSEWHERE}")`,
    `net.connect(9, "127.0.0.1.${NAME}")`,
    `tls.connect(9, "${ELSEWHERE}")`,
    `tls.connect({ port: 9, host: "${ELSEWHERE}", servername: "localhost" })`,
    `http.get("http://${ELSEWHERE}/")`,
    `https.get("https://${NAME}/")`,
    `await fetch("http://${ELSEWHERE}/").catch((error) => { throw error.cause; })`,
    `dns.lookup("${NAME}", nothing)`,
    `lookup("${NAME}", nothing)`,
    `dns.resolve4("${NAME}", nothing)`,
    `await dns.promises.lookup("${NAME}")`,
    `(await import("node:child_process")).execFileSync(process.execPath, ["--eval", 'require("net").connect(9, "${ELSEWHERE}")'])`,
  ])("cannot %s", async (statement) => {
    await expect(run(statement)).rejects.toThrow(/offline: \S+ is not on this machine/);
  });

  it.each(["127.0.0.1", "localhost"])("reaches %s", async (host) => {
    const server = createServer((socket) => socket.end("here")).listen(0, host);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    expect(await run(`net.connect(${port}, "${host}").pipe(process.stdout)`)).toBe("here");
    expect(await run(`net.connect(${port}${host === "localhost" ? "" : `, "${host}"`}).pipe(process.stdout)`)).toBe("here");
  });
});
