import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import type { Outgoing } from "../state/outgoing.ts";
import { IndexedDBStorage } from "./storage.ts";
import { SAY } from "./testoutbox.ts";

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
    await storage.replace("a", { ...item, id: "b" });
    expect(await storage.load()).toEqual([{ ...item, id: "b" }]);
    await storage.clear();
    expect(await storage.load()).toEqual([]);
  });
});
