import { describe, expect, it } from "vitest";
import type { Entry } from "../protocol/frames.ts";
import { takeHistory, takeSnapshot } from "./history.ts";
import { hasHole, roomAt, takeEntries, type RoomState } from "./room.ts";
import { asReadLater, pick, randomLog, seeded, SELF, shuffled, type Random } from "./testlog.ts";
import { foldOf, pageAt, snapshotAt, viewOf } from "./testviews.ts";

const FIRST_SEED = Number(process.env["MARU_SEED"] ?? 1);
const RUNS = process.env["MARU_SEED"] ? 1 : 300;

function readSomehow(log: readonly Entry[], random: Random): RoomState {
  const first = pick(random, 1, log.length);
  const reading = () => (random() < 0.3 ? asReadLater(log) : log);
  let room = roomAt("r", SELF);
  const start = random();
  if (start < 0.6) room = takeSnapshot(room, snapshotAt(log, first, first, pick(random, 1, 5)));
  else if (start < 0.9) room = { ...foldOf(log.slice(0, first)), recent: [], recentFrom: first, posts: [], before: first + 1 };
  while (room.cursor !== log.at(-1)?.cursor || room.before !== 0) {
    const at = Number.parseInt(room.cursor, 10);
    const from = pick(random, Math.max(0, at - 5), log.length);
    const pushed = shuffled(reading().slice(from, from + pick(random, 0, 12)), random);
    room = takeEntries(room, [...pushed, ...pushed.slice(0, 2)]);
    if (hasHole(room) && random() < 0.5) room = takeEntries(room, reading().slice(at, at + 20));
    // The page is requested after everything that the room shows was read.
    const head = pick(random, Math.max(room.recentFrom, room.before - 1, 1), log.length);
    const page = pageAt(log, head, pick(random, head, log.length), room.before, pick(random, 1, 4));
    if (room.before !== 0) room = takeHistory(room, page, room.before);
  }
  return room;
}

describe("a room", () => {
  it("looks the same however its log was cut into snapshot, pages and pushes", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const random = seeded(seed);
      const log = randomLog(random, pick(random, 5, 90));
      const seen = viewOf(readSomehow(log, random));
      const wanted = viewOf(foldOf(log));
      // Mentions are counted from the first read on; everything else follows from the log.
      expect({ ...seen, unread: seen.unread.posts }, `MARU_SEED=${seed}`).toEqual({ ...wanted, unread: wanted.unread.posts });
    }
  }, 30_000);

  it("shows nothing after a hole until it is filled", () => {
    const log = randomLog(seeded(7), 10);
    const room = takeEntries(foldOf(log.slice(0, 4)), log.slice(5));
    expect(room.cursor).toBe(log[3]?.cursor);
    expect(hasHole(room)).toBe(true);
    const whole = takeEntries(room, log.slice(4, 5));
    expect(whole.cursor).toBe(log[9]?.cursor);
    expect(hasHole(whole)).toBe(false);
  });

  it("ignores a snapshot that is older than what it shows", () => {
    const log = randomLog(seeded(3), 20);
    const room = foldOf(log);
    expect(takeSnapshot(room, snapshotAt(log, 10, 10, 5))).toBe(room);
  });

  it("skips entries of unknown kinds", () => {
    const log = randomLog(seeded(3), 3);
    const strange = { seq: 4, cursor: "4.x", at: 9, author: "u2", id: "z", posts: 0, alls: 0, kind: "later" };
    expect(takeEntries(foldOf(log), [strange as unknown as Entry]).cursor).toBe("4.x");
  });
});
