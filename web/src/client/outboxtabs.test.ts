import { describe, expect, it } from "vitest";
import { MemoryStorage } from "./storage.ts";
import { settle } from "./testclock.ts";
import { SAY, setUp } from "./testoutbox.ts";

describe("Outbox, where a browser has several tabs", () => {
  it("sends nothing from a tab that does not lead", async () => {
    const { outbox, asked, news } = setUp();
    outbox.setConnected(true);
    await outbox.add("r", SAY);
    await settle();
    expect(asked).toEqual([]);
    expect(news).toMatchObject([{ type: "put", item: { id: "id1" } }]);
  });

  it("sends with the same since as another tab, and does not send what that one has finished", async () => {
    const storage = new MemoryStorage();
    const [first, second] = [setUp(storage), setUp(storage)];
    await first.outbox.add("r", SAY);
    await first.outbox.add("r", SAY);
    second.outbox.setConnected(true);
    second.at.cursor = "7.bb";
    for (const { outbox } of [first, second]) await outbox.load();
    await first.lead();
    await second.lead();
    expect(second.asked.map((a) => a.frame)).toEqual([first.asked[0]?.frame]);
    await first.answer({ type: "ack", seq: 6 });
    await first.answer({ type: "ack", seq: 7 });
    await second.answer({ type: "ack", seq: 6, existed: true });
    expect(second.asked).toHaveLength(1);
    expect(second.shown().filter((i) => i.progress.step !== "sent")).toEqual([]);
  });

  it("sends what a tab stored that was closed before it could announce it", async () => {
    const { outbox, storage, asked, lead } = setUp();
    await lead();
    await storage.put({ id: "x", room: "r", change: SAY, createdAt: 1, progress: { step: "waiting" } });
    await outbox.look();
    await settle();
    expect(asked.map((a) => a.frame)).toMatchObject([{ id: "x" }]);
  });

  it("forgets a change in the log in every tab, even if the tab that sent it was closed or its news are late", async () => {
    const storage = new MemoryStorage();
    const [leader, other] = [setUp(storage), setUp(storage)];
    await leader.lead();
    await leader.outbox.add("r", SAY);
    await other.outbox.load();
    expect(other.shown()).toHaveLength(1);
    other.at.cursor = "6.cc";
    await other.outbox.onEntries([{ author: "me", id: "id1", seq: 6 }]);
    other.outbox.onRead("r");
    expect(other.shown()).toEqual([]);
    await settle();
    await leader.answer({ type: "ack", seq: 6 });
    for (const news of leader.news) await other.outbox.onNews(news);
    expect(other.shown()).toEqual([]);
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
