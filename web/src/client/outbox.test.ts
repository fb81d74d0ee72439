import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import type { ClientFrame, ServerFrame } from "../protocol/frames.ts";
import type { Outgoing } from "../state/outgoing.ts";
import type { Answer } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { IndexedDBStorage, MemoryStorage, type OutboxStorage } from "./storage.ts";
import type { OutboxNews } from "./tabs.ts";
import { settle, TestClock } from "./testclock.ts";

const SAY = { action: "send", text: "hello", replyTo: 0, mentions: [], all: false } as const;

interface Asked {
  readonly frame: ClientFrame;
  readonly answer: (answer: Answer) => void;
}

function setUp(storage: OutboxStorage = new MemoryStorage()) {
  const clock = new TestClock();
  const asked: Asked[] = [];
  const news: OutboxNews[] = [];
  const at = { cursor: "5.aa" };
  let shown: readonly Outgoing[] = [];
  let ids = 0;
  const outbox = new Outbox({
    self: "me", storage, clock, random: () => 0.5, newID: () => `id${++ids}`,
    ask: (frame) => new Promise((answer) => asked.push({ frame, answer })),
    cursorOf: () => at.cursor,
    show: (items) => {
      shown = items;
    },
    announce: (told) => void news.push(told),
  });
  const lead = async (): Promise<void> => {
    await outbox.lead();
    outbox.setConnected(true);
    await settle();
  };
  const answer = async (frame: ServerFrame | null): Promise<void> => {
    asked.at(-1)?.answer(frame);
    await settle();
  };
  return { outbox, storage, clock, asked, news, at, lead, answer, shown: () => shown };
}

const refused = (code: "forbidden" | "rate_limited" | "stale" | "unavailable", wait?: number): ServerFrame => ({
  type: "error", code, message: "no", ...(wait !== undefined && { retry_after_ms: wait }),
});

describe("Outbox", () => {
  it("stores the cursor with the attempt before it sends", async () => {
    const { outbox, storage, asked, lead } = setUp();
    const stored: (readonly Outgoing[])[] = [];
    await lead();
    await outbox.add("r", SAY);
    await settle();
    stored.push(await storage.load());
    expect(asked.map((a) => a.frame)).toEqual([{ action: "send", room: "r", id: "id1", since: "5.aa", text: "hello" }]);
    expect(stored[0]?.[0]?.progress).toEqual({ step: "attempted", since: "5.aa" });
  });

  it("sends nothing when the attempt cannot be stored", async () => {
    const storage = new MemoryStorage();
    const { outbox, asked, lead, clock } = setUp(storage);
    await lead();
    outbox.setConnected(false);
    await outbox.add("r", SAY);
    storage.put = () => Promise.reject(new Error("the disk is full"));
    outbox.setConnected(true);
    await clock.advance(60_000);
    expect(asked).toEqual([]);
  });

  it("keeps since when it sends again, also after a reload", async () => {
    const first = setUp();
    await first.lead();
    await first.outbox.add("r", SAY);
    await settle();
    const second = setUp(first.storage);
    second.at.cursor = "9.bb";
    await second.outbox.load();
    await second.lead();
    expect(second.asked[0]?.frame).toMatchObject({ id: "id1", since: "5.aa" });
  });

  it("has one change of a room on its way, and other rooms beside it", async () => {
    const { outbox, asked, lead, answer } = setUp();
    await lead();
    for (const room of ["r", "r", "s"]) await outbox.add(room, SAY);
    await settle();
    expect(asked.map((a) => ("id" in a.frame ? a.frame.id : ""))).toEqual(["id1", "id3"]);
    asked[0]?.answer({ type: "ack", seq: 6 });
    await settle();
    expect(asked.map((a) => ("id" in a.frame ? a.frame.id : ""))).toEqual(["id1", "id3", "id2"]);
    await answer({ type: "ack", seq: 7 });
  });

  it("shows what was sent until the room is read up to it", async () => {
    const { outbox, at, lead, answer, shown, storage } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    await answer({ type: "ack", seq: 6 });
    expect(await storage.load()).toEqual([]);
    expect(shown().map((i) => i.progress)).toEqual([{ step: "sent", seq: 6 }]);
    at.cursor = "6.cc";
    outbox.onRead("r");
    expect(shown()).toEqual([]);
  });

  it("marks what is refused for good, and a person sends it again under a new id", async () => {
    const { outbox, asked, lead, answer, shown } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    await answer(refused("forbidden"));
    expect(shown()[0]?.progress).toEqual({ step: "failed", code: "forbidden", message: "no" });
    await outbox.retry("id1", { ...SAY, text: "other words" });
    await settle();
    expect(asked.at(-1)?.frame).toMatchObject({ id: "id2", text: "other words" });
  });

  it("waits as long as a limit says, and sends the same again", async () => {
    const { outbox, asked, clock, lead, answer } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    await answer(refused("rate_limited", 700));
    await clock.advance(699);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(asked[1]?.frame).toEqual(asked[0]?.frame);
  });

  it("raises since only after reading every entry, where its own is not among them", async () => {
    const { outbox, asked, lead, answer, at, storage } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    at.cursor = "900.zz";
    await answer(refused("stale"));
    expect(asked.at(-1)?.frame).toEqual({ action: "entries", room: "r", cursor: "5.aa" });
    await answer({ type: "entries.listed", room: "r", entries: [], cursor: "300.bb", more: true, names: {} });
    expect(asked.at(-1)?.frame).toEqual({ action: "entries", room: "r", cursor: "300.bb" });
    await answer({ type: "entries.listed", room: "r", entries: [], cursor: "310.cc", more: false, names: {} });
    expect(asked.at(-1)?.frame).toMatchObject({ action: "send", id: "id1", since: "310.cc" });
    expect((await storage.load())[0]?.progress).toEqual({ step: "attempted", since: "310.cc" });
  });

  it("counts as sent what it finds while reading", async () => {
    const { outbox, asked, lead, answer, shown } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    await answer(refused("stale"));
    const own = { seq: 6, cursor: "6.dd", at: 1, author: "me", id: "id1", posts: 1, alls: 0, kind: "posted" } as const;
    await answer({ type: "entries.listed", room: "r", entries: [own], cursor: "6.dd", more: true, names: {} });
    expect(shown()[0]?.progress).toEqual({ step: "sent", seq: 6 });
    expect(asked).toHaveLength(2);
  });

  it("gives up what was never sent to a room that is lost, and nothing else", async () => {
    const { outbox, shown } = setUp();
    await outbox.lead();
    for (const room of ["r", "other", "r"]) await outbox.add(room, SAY);
    await outbox.onLost("r");
    expect(shown().map(({ id, progress }) => `${id} ${progress.step}`)).toEqual(["id1 failed", "id2 waiting", "id3 failed"]);
  });

  it("sends nothing from a tab that does not lead", async () => {
    const { outbox, asked, news } = setUp();
    outbox.setConnected(true);
    await outbox.add("r", SAY);
    await settle();
    expect(asked).toEqual([]);
    expect(news).toMatchObject([{ type: "put", item: { id: "id1" } }]);
  });

  it("sends what another tab hands over, and not again when the news is late", async () => {
    const storage = new MemoryStorage();
    const other = setUp(storage);
    const leader = setUp(storage);
    await leader.lead();
    await other.outbox.add("r", SAY);
    const [told] = other.news;
    if (told) await leader.outbox.onNews(told);
    await settle();
    await leader.answer({ type: "ack", seq: 6 });
    if (told) await leader.outbox.onNews(told);
    await settle();
    expect(leader.asked).toHaveLength(1);
  });
});

describe("IndexedDBStorage", () => {
  it("keeps each user's outbox apart and across openings", async () => {
    const item: Outgoing = { id: "a", room: "r", change: SAY, createdAt: 1, progress: { step: "waiting" } };
    const storage = await IndexedDBStorage.open("u1");
    await storage.put(item);
    await storage.put({ ...item, progress: { step: "attempted", since: "3.cc" } });
    expect(await (await IndexedDBStorage.open("u1")).load()).toEqual([{ ...item, progress: { step: "attempted", since: "3.cc" } }]);
    expect(await (await IndexedDBStorage.open("u2")).load()).toEqual([]);
    await storage.remove("a");
    expect(await storage.load()).toEqual([]);
    await storage.put(item);
    await storage.clear();
    expect(await storage.load()).toEqual([]);
  });
});
