import type { ClientFrame, ServerFrame } from "../protocol/frames.ts";
import type { Outgoing } from "../state/outgoing.ts";
import type { Answer } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { MemoryStorage, type OutboxStorage } from "./storage.ts";
import type { OutboxNews } from "./tabs.ts";
import { settle, TestClock } from "./testclock.ts";

/** An outbox for tests, which answer its frames by hand. */

export const SAY = { action: "send", text: "hello", replyTo: 0, mentions: [], all: false } as const;

interface Asked {
  readonly frame: ClientFrame;
  readonly answer: (answer: Answer) => void;
}

export function setUp(storage: OutboxStorage = new MemoryStorage()) {
  const clock = new TestClock();
  const asked: Asked[] = [];
  const news: OutboxNews[] = [];
  const at = { cursor: "5.aa" };
  const wakes = { count: 0 };
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
    wake: () => void wakes.count++,
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
  return { outbox, storage, clock, asked, news, at, wakes, lead, answer, shown: () => shown };
}

export const refused = (code: "forbidden" | "rate_limited" | "stale" | "unavailable" | "internal", wait?: number): ServerFrame => ({
  type: "error", code, message: "no", ...(wait !== undefined && { retry_after_ms: wait }),
});
