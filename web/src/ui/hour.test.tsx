// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../client/clock.ts";
import { saveSession } from "../client/session.ts";
import { apiOf } from "../client/testperson.ts";
import { TestServer } from "../client/testserver.ts";
import type { ClientFrame } from "../protocol/frames.ts";
import { seeded } from "../state/testlog.ts";
import { App } from "./app.tsx";
import { goTo } from "./route.ts";

/**
 * The counts from which docs/cost.md computes the price of an idle hour. To update them after an intended change:
 * `npx vitest run src/ui/hour.test.tsx --update` in web, then `go generate ./e2e/cost`.
 */
const COUNTED = "../../../e2e/cost/hour.json";
const HOURS = 24;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** API Gateway closes a connection after two hours, and after ten minutes without a message. */
const LONGEST_MS = 120 * MINUTE_MS;
const LONGEST_SILENCE_MS = 10 * MINUTE_MS;

const TEN = Array.from({ length: 10 }, (_, i) => i);
const ROOMS = TEN.map((i) => `r${i}`);
const USERS = TEN.map((i) => `u${i}`);
const ME = "u0";

/** The names of e2e/cost/scenario.go. */
const CONNECT = "a connect";
const DISCONNECT = "a disconnect of one who listens to 10 rooms";
const MESSAGES: Readonly<Record<string, string>> = {
  "heartbeat of 1 + presence": "a heartbeat for one room and who is present, in one message",
  "heartbeat of 10 + presence": "a heartbeat for 10 rooms and who is present, in one message",
  [ROOMS.map(() => "join again").join(" + ")]: "10 joins in one message, nothing missed",
  "presence": "who is present in a room of 10",
};
const REQUESTS: Readonly<Record<string, string>> = {
  "GET /rooms": "the list of one's 10 rooms",
  "GET /rooms/r0/members": "the list of 10 members",
};

/** Counts what the page does by the names of the prices, and lists what has no price. */
class Tally {
  readonly uses = new Map<string, number>();
  readonly unpriced: string[] = [];

  add(name: string | undefined, what: string): void {
    if (name === undefined) this.unpriced.push(what);
    else this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
  }

  clear(): void {
    this.uses.clear();
    this.unpriced.length = 0;
  }
}

/** Names the frames of a message. */
function shapeOf(message: string): string {
  return message.split("\n").map((line) => {
    const frame = JSON.parse(line) as ClientFrame;
    if (frame.action === "heartbeat") return `heartbeat of ${Object.keys(frame.cursors).length}`;
    return frame.action === "join" && frame.cursor ? "join again" : frame.action;
  }).join(" + ");
}

/** The browser's WebSocket, connected through API Gateway. */
function socketsTo(server: TestServer, tally: Tally) {
  return class {
    onopen: (() => void) | undefined;
    onmessage: ((event: { readonly data: string }) => void) | undefined;
    onclose: (() => void) | undefined;
    #isOpen = true;
    #silence = setTimeout(() => this.close(), LONGEST_SILENCE_MS);
    readonly #socket;

    constructor(url: string, protocols: string[]) {
      tally.add(CONNECT, CONNECT);
      setTimeout(() => this.close(), LONGEST_MS);
      this.#socket = server.opener(ME)(url, protocols, {
        opened: () => this.onopen?.(),
        message: (data) => this.onmessage?.({ data }),
        closed: () => this.close(),
      });
    }

    send(message: string): void {
      const shape = shapeOf(message);
      tally.add(MESSAGES[shape], shape);
      clearTimeout(this.#silence);
      this.#silence = setTimeout(() => this.close(), LONGEST_SILENCE_MS);
      this.#socket.send(message);
    }

    close(): void {
      if (!this.#isOpen) return;
      this.#isOpen = false;
      tally.add(DISCONNECT, DISCONNECT);
      this.#socket.close();
      this.onclose?.();
    }
  };
}

function fetchFrom(server: TestServer, tally: Tally) {
  const { myRooms, history } = apiOf(server);
  return async (url: string, { method }: RequestInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(url, "http://home");
    const asked = `${method} ${pathname}`;
    tally.add(REQUESTS[asked], asked);
    if (pathname === "/rooms") return Response.json(await myRooms());
    if (pathname === "/rooms/r0/members") return Response.json({ members: server.members });
    if (pathname === "/rooms/r0/posts") return Response.json(await history("r0", Number(searchParams.get("before")), 50));
    return Response.json({ code: "not_found" }, { status: 404 });
  };
}

let place: Element;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockImplementation(seeded(1));
  place = document.createElement("div");
  document.body.append(place);
});
afterEach(() => {
  render(null, place);
  place.remove();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("sends, while nobody touches the page for a day, what an idle hour is priced by", async () => {
  const tally = new Tally();
  const server = new TestServer(systemClock, seeded(2), ROOMS, USERS);
  server.members = USERS.map((user) => ({ user, name: user, role: "member" }));
  for (let i = 0; i < 20; i++) server.append("r0", "u1", `${i}`, "hello");
  vi.stubGlobal("WebSocket", socketsTo(server, tally));
  vi.stubGlobal("fetch", fetchFrom(server, tally));
  saveSession(localStorage, { token: "token", user: ME, name: ME, issuedAt: Date.now(), expiresAt: Date.now() + 90 * DAY_MS });
  goTo("r0");
  render(<App api="" socket="/socket" />, place);
  await vi.advanceTimersByTimeAsync(MINUTE_MS / 2);
  expect(place.textContent).toContain("Connected");
  // The first load does not belong to an idle hour.
  tally.clear();
  await vi.advanceTimersByTimeAsync(HOURS * 60 * MINUTE_MS);
  expect(tally.unpriced).toEqual([]);
  const uses = Object.fromEntries([...tally.uses].sort(([a], [b]) => (a < b ? -1 : 1)));
  await expect(`${JSON.stringify({ hours: HOURS, uses }, null, 2)}\n`).toMatchFileSnapshot(COUNTED);
}, 300_000);
