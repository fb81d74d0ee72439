import { describe, expect, it } from "vitest";
import type { ConnectionStatus } from "../state/app.ts";
import { Connection, type SessionCheck } from "./connection.ts";
import type { OpenSocket, SocketEvents } from "./link.ts";
import { settle, TestClock } from "./testclock.ts";

class FakeSocket {
  readonly sent: string[] = [];
  isClosed = false;
  constructor(readonly protocols: readonly string[], readonly events: SocketEvents) {}

  hear(frame: object): void {
    this.events.message(JSON.stringify(frame));
  }
}

function setUp(session: SessionCheck = "valid", random: () => number = () => 0.999) {
  const clock = new TestClock();
  const sockets: FakeSocket[] = [];
  const statuses: ConnectionStatus[] = [];
  const network = { isOnline: true, changed: (): void => undefined };
  const page = { isHidden: false, changed: (): void => undefined };
  const counts = { checks: 0, ready: 0 };
  const openSocket: OpenSocket = (_url, protocols, events) => {
    const socket = new FakeSocket(protocols, events);
    sockets.push(socket);
    return {
      send: (message) => void socket.sent.push(message),
      close: () => {
        socket.isClosed = true;
      },
    };
  };
  const connection = new Connection(
    {
      openSocket, clock, random, socketURL: "ws://test/socket", token: () => "secret",
      checkSession: async () => {
        counts.checks++;
        return session;
      },
      online: {
        isOnline: () => network.isOnline,
        onChange: (listener) => {
          network.changed = listener;
          return () => undefined;
        },
      },
      visibility: {
        isHidden: () => page.isHidden,
        onChange: (listener) => {
          page.changed = listener;
          return () => {
            page.changed = () => undefined;
          };
        },
      },
    },
    {
      status: (status) => void statuses.push(status),
      greet: (link) => link.ask({ action: "join", room: "r" }),
      ready: () => void counts.ready++,
      frame: () => undefined,
    },
  );
  const last = (): FakeSocket => sockets.at(-1) as FakeSocket;
  const greet = async (socket = last()): Promise<void> => {
    socket.events.opened();
    socket.hear({ type: "ack", ref: "1" });
    await settle();
  };
  const idle = (): void => last().hear({ type: "connection.closing", reason: "idle" });
  return { connection, clock, sockets, statuses, network, page, counts, last, greet, idle };
}

describe("Connection", () => {
  it("carries the token as a subprotocol and is connected once its rooms are joined", async () => {
    const { connection, statuses, last, greet, counts } = setUp();
    connection.start();
    expect(last().protocols).toEqual(["maru.v1", "bearer.secret"]);
    last().events.opened();
    await settle();
    expect(connection.isReady).toBe(false);
    expect(last().sent).toEqual(['{"action":"join","room":"r","ref":"1"}']);
    await greet();
    expect(connection.isReady).toBe(true);
    expect(statuses).toEqual(["connected"]);
    expect(counts.ready).toBe(1);
  });

  it.each([
    { draw: 0.999, first: [1_000, 2_000, 4_000, 8_000] },
    { draw: 0.5, first: [500, 1_000, 2_000, 4_000] },
    { draw: 0.1, first: [100, 200, 400, 800] },
  ])("waits longer after each failure, up to fifteen seconds, as long as it draws ($draw)", async ({ draw, first }) => {
    const { connection, clock, sockets, last } = setUp("valid", () => draw);
    connection.start();
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      const opened = sockets.length;
      last().events.closed();
      const from = clock.now();
      while (sockets.length === opened) await clock.advance(100);
      waits.push(clock.now() - from);
    }
    expect(waits.slice(0, 4)).toEqual(first);
    expect(Math.max(...waits)).toBeLessThanOrEqual(15_000);
  });

  it.each(["signed-out", "banned"] as const)("checks the session after two failed opens, and stops when it is %s", async (refusal) => {
    const { connection, clock, sockets, statuses, counts, last } = setUp(refusal);
    connection.start();
    last().events.closed();
    await clock.advance(2_000);
    expect(counts.checks).toBe(0);
    last().events.closed();
    await clock.advance(120_000);
    expect(counts.checks).toBe(1);
    expect(statuses.at(-1)).toBe(refusal);
    expect(sockets).toHaveLength(2);
  });

  it("stops for good when the server closes the connection of a banned user", async () => {
    const { connection, clock, sockets, statuses, last, greet } = setUp("banned");
    connection.start();
    await greet();
    last().hear({ type: "connection.closing", reason: "signed_out" });
    last().events.closed();
    await clock.advance(120_000);
    expect(statuses.at(-1)).toBe("banned");
    expect(sockets).toHaveLength(1);
  });

  it("reports that it is offline and goes on if the session is valid", async () => {
    const { connection, clock, statuses, last, greet } = setUp("valid");
    connection.start();
    last().events.closed();
    await clock.advance(2_000);
    last().events.closed();
    await settle();
    expect(statuses).toEqual(["offline"]);
    await clock.advance(30_000);
    await greet();
    expect(statuses).toEqual(["offline", "connected"]);
  });

  it("opens and joins the next connection before a planned close, and only then closes the old one", async () => {
    const { connection, clock, sockets, statuses, last, greet } = setUp();
    connection.start();
    await greet();
    last().hear({ type: "connection.closing", reason: "lifetime" });
    await clock.advance(1_000);
    const [old, next] = sockets;
    expect(sockets).toHaveLength(2);
    expect(old?.isClosed).toBe(false);
    expect(connection.isReady).toBe(true);
    await greet(next);
    expect(old?.isClosed).toBe(true);
    expect(connection.isReady).toBe(true);
    expect(statuses).toEqual(["connected"]);
  });

  it("stays disconnected after idle until the page is shown", async () => {
    const { connection, clock, sockets, network, page, last, greet, idle } = setUp();
    connection.start();
    await greet();
    page.isHidden = true;
    idle();
    last().events.closed();
    page.changed();
    network.changed();
    await clock.advance(3 * 60 * 60_000);
    expect(sockets).toHaveLength(1);
    page.isHidden = false;
    page.changed();
    expect(sockets).toHaveLength(2);
    await greet();
    expect(connection.isReady).toBe(true);
  });

  it("reconnects after idle if the page is visible", async () => {
    const { connection, clock, sockets, last, greet, idle } = setUp();
    connection.start();
    await greet();
    idle();
    last().events.closed();
    await clock.advance(2_000);
    expect(sockets).toHaveLength(2);
  });

  it("reconnects after idle if the page is shown before the close", async () => {
    const { connection, sockets, page, last, greet, idle } = setUp();
    connection.start();
    await greet();
    page.isHidden = true;
    idle();
    page.isHidden = false;
    page.changed();
    sockets[0]?.events.closed();
    expect(sockets).toHaveLength(2);
    await greet(last());
    expect(connection.isReady).toBe(true);
  });

  it("reconnects a hidden page after idle when there is something to send", async () => {
    const { connection, sockets, page, greet, idle } = setUp();
    connection.start();
    await greet();
    page.isHidden = true;
    idle();
    connection.hurry();
    expect(sockets).toHaveLength(2);
  });

  it("stays disconnected after idle if it was stopped meanwhile", async () => {
    const { connection, sockets, page, greet, idle } = setUp();
    connection.start();
    await greet();
    page.isHidden = true;
    idle();
    connection.stop();
    page.isHidden = false;
    page.changed();
    expect(sockets).toHaveLength(1);
  });

  it("replaces a connection before it is two hours old", async () => {
    const { connection, clock, sockets, greet } = setUp();
    connection.start();
    await greet();
    const opened = clock.now();
    await clock.advance(100 * 60_000);
    expect(sockets).toHaveLength(1);
    while (sockets.length === 1) await clock.advance(60_000);
    expect(clock.now() - opened).toBeLessThan(115 * 60_000);
    expect(sockets[0]?.isClosed).toBe(false);
  });

  it("waits for the answers on the old connection before it closes that", async () => {
    const { connection, clock, sockets, last, greet } = setUp();
    connection.start();
    await greet();
    const asked = connection.ask({ action: "presence", room: "r" });
    last().hear({ type: "connection.closing", reason: "shutdown" });
    await clock.advance(1_000);
    await greet(sockets[1]);
    expect(sockets[0]?.isClosed).toBe(false);
    sockets[0]?.hear({ type: "ack", ref: "2" });
    expect((await asked)?.type).toBe("ack");
    expect(sockets[0]?.isClosed).toBe(true);
  });

  it("gives up a connection that is silent while an answer is due", async () => {
    const { connection, clock, sockets, greet } = setUp();
    connection.start();
    await greet();
    const asked = connection.ask({ action: "heartbeat", cursors: {} });
    await clock.advance(15_000);
    expect(await asked).toBeNull();
    expect(sockets[0]?.isClosed).toBe(true);
    await clock.advance(2_000);
    expect(sockets).toHaveLength(2);
  });

  it("connects at once when the network is back", async () => {
    const { connection, clock, sockets, statuses, network, greet } = setUp();
    connection.start();
    await greet();
    network.isOnline = false;
    network.changed();
    expect(statuses.at(-1)).toBe("offline");
    await settle();
    network.isOnline = true;
    network.changed();
    await clock.advance(0);
    expect(sockets).toHaveLength(2);
  });

  it("opens a new connection when the token of this one has expired", async () => {
    const { connection, sockets, last, greet, counts } = setUp();
    connection.start();
    await greet();
    last().hear({ type: "error", code: "unauthenticated", message: "" });
    await settle();
    expect(counts.checks).toBe(1);
    expect(sockets).toHaveLength(2);
  });
});
