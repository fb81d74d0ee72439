import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import type { Outgoing } from "../state/outgoing.ts";
import { IndexedDBStorage } from "./storage.ts";
import { SAY } from "./testoutbox.ts";

describe("IndexedDBStorage", () => {
  it("keeps the outbox of each user separate, and across openings", async () => {
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

  it("keeps the first of several attempts, and makes none after the item has left", async () => {
    const item: Outgoing = { id: "a", room: "r", change: SAY, createdAt: 1, progress: { step: "waiting" } };
    const attempted: Outgoing = { ...item, progress: { step: "attempted", since: "3.cc" } };
    const tabs = await Promise.all([IndexedDBStorage.open("u3"), IndexedDBStorage.open("u3")]);
    await tabs[0].put(item);
    expect(await Promise.all([tabs[0].attempt("a", "3.cc"), tabs[1].attempt("a", "9.dd")])).toEqual([attempted, attempted]);
    expect(await tabs[1].load()).toEqual([attempted]);
    await tabs[1].remove("a");
    expect(await tabs[0].attempt("a", "3.cc")).toBeNull();
    expect(await tabs[0].load()).toEqual([]);
  });
});
