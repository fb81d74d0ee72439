import { describe, expect, it } from "vitest";
import type { OutboxNews } from "./tabs.ts";
import { settle } from "./testclock.ts";
import { refused, SAY, setUp } from "./testoutbox.ts";

describe("Outbox, where the server fails", () => {
  async function halted() {
    const set = setUp();
    await set.lead();
    await set.outbox.add("r", SAY);
    await settle();
    for (let i = 0; i < 20; i++) {
      await set.answer(refused("internal"));
      await set.clock.advance(15_000);
    }
    return set;
  }

  it("retries a change at which the server fails, then leaves it to a person and goes on", async () => {
    const { outbox, asked, shown, storage } = await halted();
    expect(asked).toHaveLength(7);
    expect(shown()[0]?.progress).toEqual({ step: "halted", since: "5.aa" });
    expect((await storage.load())[0]?.progress).toEqual({ step: "halted", since: "5.aa" });
    await outbox.add("r", SAY);
    await settle();
    expect(asked.at(-1)?.frame).toMatchObject({ id: "id2" });
  });

  it("sends a change at which the server failed unchanged, since it may have been written", async () => {
    const { outbox, asked, answer, at, shown } = await halted();
    at.cursor = "9.bb";
    await outbox.retry("id1", { ...SAY, text: "other words" });
    await settle();
    expect(asked).toHaveLength(8);
    expect(asked[7]?.frame).toEqual(asked[0]?.frame);
    await answer({ type: "ack", seq: 10 });
    expect(shown()[0]?.progress).toEqual({ step: "sent", seq: 10 });
  });

  it("counts a change that turns up in the log as sent though the server failed at it", async () => {
    const { outbox, shown, storage, at } = await halted();
    await outbox.onEntries([{ author: "other", id: "id1", seq: 6 }]);
    expect(shown()[0]?.progress.step).toBe("halted");
    await outbox.onEntries([{ author: "me", id: "id1", seq: 7 }]);
    expect(shown()[0]?.progress).toEqual({ step: "sent", seq: 7 });
    expect(await storage.load()).toEqual([]);
    at.cursor = "7.cc";
    outbox.onRead("r");
    expect(shown()).toEqual([]);
  });

  it("sends a halted change when another tab retries it", async () => {
    const leader = await halted();
    const other = setUp(leader.storage);
    await other.outbox.load();
    await other.outbox.retry("id1");
    await leader.outbox.onNews(other.news.at(-1) as OutboxNews);
    await settle();
    expect(leader.asked).toHaveLength(8);
  });
});
