import { describe, expect, it } from "vitest";
import type { Entry } from "../protocol/frames.ts";
import { seqOf } from "./cursor.ts";
import { takeHistory, takeMembers, takeSnapshot, takeStretch, trimPosts, type HistoryPage } from "./history.ts";
import type { Post } from "./post.ts";
import { roomAt, takeEntries, type RoomState } from "./room.ts";
import { pick, randomLog, seeded, SELF, shuffled, type Random } from "./testlog.ts";
import { foldOf, pageAt, rollAt, snapshotAt, viewOf } from "./testviews.ts";

const FIRST_SEED = Number(process.env["MARU_SEED"] ?? 1);
const RUNS = process.env["MARU_SEED"] ? 1 : 60;
const STEPS = 60;

/** An answer in flight, which anything may overtake. */
type Answer = (room: RoomState) => RoomState;

class Reader {
  room = roomAt("r", SELF);
  readonly #answers: Answer[] = [];
  /** How much of the log is written: later requests are answered with at least that. */
  #written = 1;

  constructor(private readonly log: readonly Entry[], private readonly random: Random) {}

  get cursor(): number {
    return seqOf(this.room.cursor);
  }

  step(): void {
    const { random, log } = this;
    const steps: readonly (() => void)[] = [
      () => this.#push(), () => this.#push(), () => this.#push(),
      () => this.#askHistory(), () => this.#askHistory(), () => this.#askStretch(random() < 0.3),
      () => this.#askRoll(), () => this.#askSnapshot(),
      () => this.#hear(), () => this.#hear(), () => this.#hear(), () => this.#hear(),
      () => (this.room = trimPosts(this.room, pick(random, 1, 6))),
    ];
    if (this.cursor === 0) this.room = takeSnapshot(this.room, snapshotAt(log, this.#read(5), this.#read(5), 2));
    else steps[pick(random, 0, steps.length - 1)]?.();
  }

  /** Drops the answers in flight and reads everything. */
  end(): void {
    this.#answers.length = 0;
    this.room = takeEntries(this.room, this.log);
    if (!this.room.isRollWhole) this.room = takeMembers(this.room, rollAt(this.log, this.cursor, this.log.length));
  }

  /** Returns where the log ends now; others may have written a little. */
  #read(most: number): number {
    this.#written = Math.min(this.log.length, this.#written + pick(this.random, 0, most));
    return this.#written;
  }

  #push(): void {
    const end = this.#read(4);
    const from = pick(this.random, Math.max(0, this.cursor - 3), end);
    this.room = takeEntries(this.room, shuffled(this.log.slice(from, end), this.random));
    if (this.random() < 0.5) this.room = takeEntries(this.room, this.log.slice(this.cursor, Math.min(end, this.cursor + 4)));
  }

  #page(end: number): HistoryPage {
    return pageAt(this.log, this.#read(3), this.#read(3), end, pick(this.random, 1, 5));
  }

  #askHistory(): void {
    const end = this.room.before;
    if (end === 0) return;
    const page = this.#page(end);
    this.#answers.push((room) => takeHistory(room, page, end));
  }

  #askStretch(isJump: boolean): void {
    const { stretch } = this.room;
    if (!isJump && !stretch) return;
    const end = isJump ? pick(this.random, 1, this.cursor + 1) : this.random() < 0.5 ? (stretch?.before ?? 0) : (stretch?.after ?? 0) + 5;
    if (end === 0) return;
    const page = this.#page(end);
    this.#answers.push((room) => takeStretch(room, page, end, isJump));
  }

  #askRoll(): void {
    const list = rollAt(this.log, this.cursor, this.#read(3));
    this.#answers.push((room) => takeMembers(room, list));
  }

  #askSnapshot(): void {
    if (this.random() < 0.7) return;
    const snapshot = snapshotAt(this.log, this.#read(9), this.#read(4), pick(this.random, 1, 4));
    this.#answers.push((room) => takeSnapshot(room, snapshot));
  }

  #hear(): void {
    const [answer] = this.#answers.splice(pick(this.random, 0, Math.max(0, this.#answers.length - 1)), 1);
    if (answer) this.room = answer(this.room);
  }
}

function seqs(posts: readonly Post[]): readonly number[] {
  return posts.map((post) => post.seq);
}

function posted(log: readonly Entry[], from: number, to: number): readonly number[] {
  return log.filter((e) => e.kind === "posted" && e.seq >= from && e.seq <= to).map((e) => e.seq);
}

function expectNoGaps(log: readonly Entry[], { posts, before, stretch, cursor }: RoomState, seed: number): void {
  const read = seqOf(cursor);
  const known = seqs(posts).filter((seq) => seq <= read);
  expect(known, `MARU_SEED=${seed}`).toEqual(posted(log, before, read));
  if (!stretch) return;
  expect(seqs(stretch.posts), `MARU_SEED=${seed}`).toEqual(posted(log, stretch.before, stretch.after - 1));
  expect(stretch.after < before, `MARU_SEED=${seed}`).toBe(true);
}

describe("a room, in whatever order answers arrive", () => {
  it("shows its log without gaps, and ends as the fold of all of it", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const random = seeded(seed);
      const log = randomLog(random, pick(random, 20, 120));
      const reader = new Reader(log, random);
      for (let i = 0; i < STEPS; i++) {
        reader.step();
        expectNoGaps(log, reader.room, seed);
      }
      reader.end();
      expectNoGaps(log, reader.room, seed);
      const { before, stretch } = reader.room;
      const wanted = foldOf(log);
      const whole = viewOf({ ...wanted, before, posts: wanted.posts.filter((post) => post.seq >= before) });
      const seen = viewOf(reader.room);
      expect({ ...seen, unread: 0 }, `MARU_SEED=${seed}`).toEqual({ ...whole, unread: 0 });
      const shown = viewOf({ ...wanted, posts: wanted.posts.filter((post) => stretch && post.seq >= stretch.before && post.seq < stretch.after) });
      expect(viewOf({ ...wanted, posts: stretch?.posts ?? [] }).posts, `MARU_SEED=${seed}`).toEqual(shown.posts);
    }
  }, 30_000);

  it("counts a member once who joined while the snapshot was read", () => {
    const founders = [{ user: SELF, name: "one", role: "owner" as const }];
    const common = { author: SELF, id: "x", posts: 0, alls: 0 };
    const log: Entry[] = [
      { ...common, seq: 1, cursor: "1.a", at: 1, kind: "created", title: "Floor", visibility: "public", founders },
      { ...common, seq: 2, cursor: "2.b", at: 2, kind: "joined", user: "u2", name: "two", role: "member" },
      { ...common, seq: 3, cursor: "3.c", at: 3, kind: "joined", user: "u3", name: "three", role: "member" },
    ];
    const room = takeSnapshot(roomAt("r", SELF), snapshotAt(log, 1, 2, 5));
    expect(room.memberCount).toBe(2);
    expect(takeEntries(room, log.slice(1, 2)).memberCount).toBe(2);
    expect(takeEntries(room, log.slice(1)).memberCount).toBe(3);
  });
});
