import { describe, expect, it } from "vitest";
import { Link, type SocketEvents } from "./link.ts";
import { settle, TestClock } from "./testclock.ts";

function setUp() {
  const clock = new TestClock();
  const frames: string[] = [];
  const state = { isClosed: false };
  let events: SocketEvents | null = null;
  const link = new Link(
    (_url, _protocols, given) => {
      events = given;
      return { send: () => undefined, close: () => (state.isClosed = true) };
    },
    "ws://test/socket", "secret", clock,
    { opened: () => undefined, frame: (frame) => void frames.push(frame.type), closed: () => undefined },
  );
  const opened = events as SocketEvents | null;
  if (!opened) throw new Error("the link opened no socket");
  opened.opened();
  return { clock, link, frames, state, hear: (frame: object) => opened.message(JSON.stringify(frame)) };
}

const PUSH = { type: "typing.started", room: "r", user: "bo" };
/** What API Gateway says when a function was killed or took too long: not which message it was for. */
const FAILURE = { message: "Internal server error", connectionId: "c", requestId: "q" };

describe("Link", () => {
  it("closes when no answer comes, even if pushes do", async () => {
    const { clock, link, state, hear } = setUp();
    const asked = link.ask({ action: "presence", room: "r" });
    for (let second = 0; second < 14; second++) {
      await clock.advance(1_000);
      hear(PUSH);
    }
    expect(state.isClosed).toBe(false);
    await clock.advance(1_000);
    expect(state.isClosed).toBe(true);
    expect(await asked).toBeNull();
  });

  it("restarts the wait with each answer", async () => {
    const { clock, link, state, hear } = setUp();
    link.askAll([{ action: "presence", room: "r" }, { action: "presence", room: "s" }]);
    await clock.advance(14_000);
    hear({ type: "ack", ref: "1" });
    await clock.advance(14_000);
    expect(state.isClosed).toBe(false);
    hear({ type: "ack", ref: "2" });
    await clock.advance(60_000);
    expect(state.isClosed).toBe(false);
  });

  it("does not wait when nothing was asked", async () => {
    const { clock, link, state } = setUp();
    link.askAll([]);
    await clock.advance(60_000);
    expect(state.isClosed).toBe(false);
  });

  it("fails all requests that are due when a function fails, and ignores no answer that comes later", async () => {
    const { clock, link, state, frames, hear } = setUp();
    const asked = link.askAll([{ action: "presence", room: "r" }, { action: "presence", room: "s" }]);
    hear(FAILURE);
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ type: "error", code: "internal" });
    hear({ type: "ack", ref: "2" });
    await settle();
    await clock.advance(60_000);
    expect(frames).toEqual(["ack"]);
    expect(state.isClosed).toBe(false);
  });
});
