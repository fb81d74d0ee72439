import { describe, expect, it } from "vitest";
import type { ClientFrame, Entry, ServerFrame } from "../protocol/frames.ts";
import { newState } from "../state/app.ts";
import { randomLog, seeded, SELF } from "../state/testlog.ts";
import type { Answer, Link } from "./link.ts";
import { Rooms } from "./rooms.ts";
import { Store } from "./store.ts";
import { settle, TestClock } from "./testclock.ts";

const LOG = randomLog(seeded(11), 30);

function cursorAt(seq: number): string {
  return (LOG[seq - 1] as Entry).cursor;
}

function setUp() {
  const clock = new TestClock();
  const store = new Store(newState(SELF));
  const asked: ClientFrame[] = [];
  const resets: string[] = [];
  let answer: (frame: ClientFrame) => ServerFrame | null | Promise<null> = () => null;
  const rooms = new Rooms({
    store, clock, random: () => 0.5,
    ask: async (frame): Promise<Answer> => {
      asked.push(frame);
      const heard = await answer(frame);
      if (heard) rooms.take(heard);
      return heard;
    },
    relist: () => undefined, onReset: (room) => void resets.push(room), onLost: () => undefined, onRead: () => undefined, onEntries: () => undefined, onSnapshot: () => undefined,
  });
  const info = { title: "r", visibility: "public", topic: "", pins: [], memberCount: 1, isDeleted: false } as const;
  const mark = { seq: 0, posts: 0, alls: 0 };
  store.dispatch({ type: "rooms", rooms: [{ id: "r", info, role: "member", cursor: cursorAt(10), counts: mark, mark, mentions: { listed: 0, upTo: 0, seqs: [] } }] });
  const push = (seq: number): void => rooms.take({ type: "entry.appended", room: "r", entry: LOG[seq - 1] as Entry });
  return {
    clock, store, asked, resets, rooms, push,
    cursor: () => store.state.rooms.get("r")?.cursor,
    answerWith: (how: typeof answer) => {
      answer = how;
    },
  };
}

/** Answers with pages of this many entries after the cursor. */
function paged(size: number) {
  return (frame: ClientFrame): ServerFrame | null => {
    if (frame.action !== "entries") return null;
    const after = LOG.slice(Number.parseInt(frame.cursor, 10));
    const entries = after.slice(0, size);
    return { type: "entries.listed", room: "r", entries, cursor: entries.at(-1)?.cursor ?? frame.cursor, more: after.length > size, names: {} };
  };
}

describe("Rooms", () => {
  it("waits for a late push to fill a hole", async () => {
    const { clock, asked, push, cursor } = setUp();
    push(12);
    await clock.advance(300);
    push(11);
    await clock.advance(10_000);
    expect(cursor()).toBe(cursorAt(12));
    expect(asked).toEqual([]);
  });

  it("asks for missing entries after 400 ms and jitter", async () => {
    const { clock, asked, push, cursor, answerWith } = setUp();
    answerWith(paged(50));
    push(12);
    await clock.advance(499);
    expect(asked).toEqual([]);
    await clock.advance(1);
    expect(asked).toEqual([{ action: "entries", room: "r", cursor: cursorAt(10) }]);
    expect(cursor()).toBe(cursorAt(30));
  });

  it("drops entries that arrive twice", () => {
    const { push, cursor, store } = setUp();
    push(11);
    const once = store.state.rooms.get("r")?.recent.length;
    push(11);
    push(9);
    expect(cursor()).toBe(cursorAt(11));
    expect(store.state.rooms.get("r")?.recent).toHaveLength(once ?? -1);
  });

  it("reads page after page when it has fallen behind", async () => {
    const { asked, rooms, cursor, answerWith } = setUp();
    answerWith(paged(6));
    rooms.take({ type: "room.behind", room: "r", head: cursorAt(30) });
    await settle();
    expect(cursor()).toBe(cursorAt(30));
    expect(asked).toHaveLength(4);
  });

  it("catches up on the next link when the one that it asked dies without an answer", async () => {
    const { asked, rooms, cursor, answerWith } = setUp();
    answerWith((frame) => (asked.length === 1 ? null : paged(50)(frame)));
    const behind = { type: "room.behind", room: "r", head: cursorAt(30) } as const;
    rooms.take(behind);
    rooms.take(behind);
    await settle();
    expect(cursor()).toBe(cursorAt(30));
    expect(asked).toHaveLength(2);
  });

  it("catches up later when that was refused for now", async () => {
    const { asked, clock, rooms, cursor, answerWith } = setUp();
    answerWith((frame) => (asked.length === 1 ? { type: "error", code: "unavailable", message: "", retry_after_ms: 900 } : paged(50)(frame)));
    rooms.take({ type: "room.behind", room: "r", head: cursorAt(30) });
    await clock.advance(899);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(cursor()).toBe(cursorAt(30));
  });

  it("catches up when a heartbeat shows a newer head, and only then", async () => {
    const { asked, rooms, answerWith } = setUp();
    answerWith(paged(50));
    const head = { room: "r", at: 1, posts: 1, alls: 0 };
    rooms.take({ type: "heads.listed", heads: [{ ...head, cursor: cursorAt(10) }] });
    await settle();
    expect(asked).toEqual([]);
    rooms.take({ type: "heads.listed", heads: [{ ...head, cursor: cursorAt(20) }] });
    await settle();
    expect(asked).toHaveLength(1);
  });

  it("drops what it holds of a room whose log was replaced, and joins without a cursor", async () => {
    const { asked, resets, rooms, push, store } = setUp();
    push(11);
    rooms.take({ type: "cursor.reset", room: "r", head: "3.other" });
    await settle();
    expect(resets).toEqual(["r"]);
    expect(store.state.rooms.get("r")?.posts).toEqual([]);
    expect(asked).toEqual([{ action: "join", room: "r" }]);
  });

  it("joins a room again, after the wait that a refusal asks for", async () => {
    const { clock, asked, rooms, answerWith } = setUp();
    let isRefused = true;
    answerWith((frame) => {
      if (frame.action !== "join" || !isRefused) return paged(50)(frame);
      return { type: "error", code: "unavailable", message: "", retry_after_ms: 1_500 };
    });
    await rooms.join("r");
    await clock.advance(1_499);
    expect(asked).toHaveLength(1);
    isRefused = false;
    await clock.advance(60_000);
    expect(asked.map((frame) => frame.action)).toEqual(["join", "join"]);
  });

  it("joins again after a refusal, whatever becomes of a join on the previous link", async () => {
    const { clock, asked, rooms, answerWith } = setUp();
    let die = (_lost: null): void => undefined;
    answerWith(() => new Promise((resolve) => (die = resolve)));
    void rooms.join("r");
    await settle();
    const refusal = { type: "error", code: "unavailable", message: "", retry_after_ms: 1_500 } as const;
    await rooms.greet({ askAll: (frames: readonly ClientFrame[]) => frames.map(async () => refusal) } as unknown as Link);
    rooms.onReady();
    die(null);
    await clock.advance(1_500);
    expect(asked.map((frame) => frame.action)).toEqual(["join", "join"]);
  });

  it("waits longer each time that a function fails at joining", async () => {
    const { clock, asked, rooms, answerWith } = setUp();
    answerWith(() => ({ type: "error", code: "internal", message: "" }));
    await rooms.join("r");
    await clock.advance(60_000);
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.length).toBeLessThan(16);
    rooms.stop();
    const until = asked.length;
    await clock.advance(60_000);
    expect(asked).toHaveLength(until);
  });

  it("forgets a room that was lost", () => {
    const { rooms, store } = setUp();
    rooms.take({ type: "room.lost", room: "r" });
    expect(store.state.rooms.size).toBe(0);
  });
});
