import { describe, expect, it } from "vitest";
import type { Outgoing } from "../state/outgoing.ts";
import { MemoryStorage } from "./storage.ts";
import { settle } from "./testclock.ts";
import { refused, SAY, setUp } from "./testoutbox.ts";

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
    const { attempt } = storage;
    storage.attempt = () => Promise.reject(new Error("the disk is full"));
    outbox.setConnected(true);
    await clock.advance(60_000);
    expect(asked).toEqual([]);
    storage.attempt = attempt;
    await clock.advance(5_000);
    expect(asked).toHaveLength(1);
  });

  it("goes on when the storage fails at storing an answer", async () => {
    const storage = new MemoryStorage();
    const { outbox, asked, lead, answer, clock, shown } = setUp(storage);
    await lead();
    await outbox.add("r", SAY);
    await settle();
    const { remove } = storage;
    storage.remove = () => Promise.reject(new Error("the disk is full"));
    await answer({ type: "ack", seq: 6 });
    storage.remove = remove;
    await clock.advance(5_000);
    expect(asked[1]?.frame).toEqual(asked[0]?.frame);
    await answer({ type: "ack", seq: 6, existed: true });
    expect(shown().map((i) => i.progress)).toEqual([{ step: "sent", seq: 6 }]);
  });

  it("keeps since when it sends again, even after a reload", async () => {
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

  it("has one change of each room in flight", async () => {
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

  it("shows a sent change until the room is read up to it", async () => {
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

  it("marks a change that is refused for good, and sends it again under a new id on request", async () => {
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

  it("keeps a stuck change, and shows it, if its replacement cannot be stored", async () => {
    const storage = new MemoryStorage();
    const { outbox, lead, answer, shown } = setUp(storage);
    await lead();
    await outbox.add("r", SAY);
    await settle();
    await answer(refused("forbidden"));
    const full = () => Promise.reject(new Error("the disk is full"));
    Object.assign(storage, { put: full, replace: full });
    await expect(outbox.retry("id1", { ...SAY, text: "other words" })).rejects.toThrow("the disk is full");
    expect(shown().map(({ id, progress }) => `${id} ${progress.step}`)).toEqual(["id1 failed"]);
    expect((await storage.load()).map(({ id }) => id)).toEqual(["id1"]);
  });

  it("sends a stuck change once when a person presses twice", async () => {
    const { outbox, asked, lead, answer, shown } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    await answer(refused("forbidden"));
    await Promise.all([outbox.retry("id1"), outbox.retry("id1"), outbox.discard("id1")]);
    await settle();
    await answer({ type: "ack", seq: 6 });
    expect(asked.map((a) => ("id" in a.frame ? a.frame.id : ""))).toEqual(["id1", "id2"]);
    expect(shown().map(({ id }) => id)).toEqual(["id2"]);
  });

  it("wakes a resting connection when there is something to send, and only then", async () => {
    const { outbox, wakes, answer, lead } = setUp();
    await lead();
    outbox.setConnected(false);
    expect(wakes.count).toBe(0);
    await outbox.add("r", SAY);
    expect(wakes.count).toBe(1);
    outbox.setConnected(true);
    await settle();
    await answer(null);
    outbox.setConnected(false);
    expect(wakes.count).toBe(2);
  });

  it("sends again on the next link when the one before it dies without an answer", async () => {
    const { outbox, asked, lead, answer } = setUp();
    await lead();
    await outbox.add("r", SAY);
    await settle();
    outbox.setConnected(true);
    await settle();
    expect(asked).toHaveLength(1);
    await answer(null);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.frame).toEqual(asked[0]?.frame);
    outbox.setConnected(false);
    await answer(null);
    expect(asked).toHaveLength(2);
  });

  it("waits as long as a rate limit asks, and sends the same again", async () => {
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

  it("raises since only after reading every entry without finding its own", async () => {
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

  it("counts a change that it finds in the log as sent", async () => {
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

  it("fails changes that were never sent when their room is lost, and no others", async () => {
    const { outbox, shown } = setUp();
    await outbox.lead();
    for (const room of ["r", "other", "r"]) await outbox.add(room, SAY);
    await outbox.onLost("r");
    expect(shown().map(({ id, progress }) => `${id} ${progress.step}`)).toEqual(["id1 failed", "id2 waiting", "id3 failed"]);
  });
});
