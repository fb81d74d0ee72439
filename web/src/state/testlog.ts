import type { Entry } from "../protocol/frames.ts";
import type { Counts } from "./unread.ts";

/** Random logs for tests: the same seed makes the same log. */

export type Random = () => number;

export const SELF = "u1";
const USERS = [SELF, "u2", "u3", "u4"];
const EMOJI = ["👍", "🎉", "❤️"];

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function oneOf<T>(list: readonly [T, ...T[]] | readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}

type Unplaced = Entry extends infer E ? (E extends Entry ? Omit<E, "seq" | "cursor" | "at" | "id" | "posts" | "alls"> : never) : never;

class LogMaker {
  readonly log: Entry[] = [];
  private counts: Counts = { posts: 0, alls: 0 };
  private readonly standing: { seq: number; author: string }[] = [];
  private readonly inRoom = new Set(["u1", "u2"]);
  private readonly reacted = new Set<string>();

  constructor(private readonly random: Random) {
    const founders = [
      { user: "u1", name: "one", role: "owner" as const },
      { user: "u2", name: "two", role: "member" as const },
    ];
    this.add({ author: "u1", kind: "created", title: "Floor", visibility: "public", founders });
  }

  private add(entry: Unplaced): void {
    const seq = this.log.length + 1;
    if (entry.kind === "posted") {
      this.counts = { posts: this.counts.posts + 1, alls: this.counts.alls + (entry.all ? 1 : 0) };
      this.standing.push({ seq, author: entry.author });
    }
    this.log.push({ ...entry, seq, cursor: `${seq}.t`, at: 1000 + seq, id: `e${seq}`, ...this.counts } as Entry);
  }

  step(): void {
    const { random } = this;
    const author = oneOf([...this.inRoom], random);
    const post = oneOf(this.standing, random);
    const roll = random();
    if (roll < 0.4 || !post) {
      const mentions = random() < 0.2 ? [oneOf(USERS, random)] : [];
      this.add({ author, kind: "posted", text: `text ${this.log.length}`, mentions, all: random() < 0.05 });
    } else if (roll < 0.55) {
      this.add({ author: post.author, kind: "edited", post: post.seq, text: `edit ${this.log.length}` });
    } else if (roll < 0.6) {
      this.standing.splice(this.standing.indexOf(post), 1);
      this.add({ author: post.author, kind: "deleted", post: post.seq });
    } else if (roll < 0.85) this.react(author, post.seq);
    else if (roll < 0.9) this.add({ author, kind: random() < 0.5 ? "pinned" : "unpinned", post: post.seq });
    else if (roll < 0.93) this.add({ author, kind: "topic_set", text: `topic ${this.log.length}` });
    else this.move(oneOf(USERS, random));
  }

  private react(author: string, post: number): void {
    const emoji = oneOf(EMOJI, this.random);
    const key = `${post} ${author} ${emoji}`;
    const isSet = this.reacted.delete(key);
    if (!isSet) this.reacted.add(key);
    this.add({ author, kind: isSet ? "reaction_removed" : "reaction_set", post, emoji });
  }

  private move(user: string): void {
    if (!this.inRoom.has(user)) {
      this.inRoom.add(user);
      this.add({ author: user, kind: "joined", user, name: `${user} ${this.log.length}`, role: "member" });
    } else if (this.random() < 0.5 || this.inRoom.size === 1) {
      this.add({ author: user, kind: "renamed", user, name: `${user} ${this.log.length}` });
    } else {
      this.inRoom.delete(user);
      this.add({ author: user, kind: "left", user });
    }
  }
}

export function randomLog(random: Random, length: number): Entry[] {
  const maker = new LogMaker(random);
  while (maker.log.length < length) maker.step();
  return maker.log;
}

/** The log as it is read at the end: posts have their last text, deleted ones none. */
export function asReadLater(log: readonly Entry[]): Entry[] {
  const words = new Map<number, string>();
  for (const entry of log) {
    if (entry.kind === "posted") words.set(entry.seq, entry.text ?? "");
    if (entry.kind === "edited" && words.get(entry.post) !== "") words.set(entry.post, entry.text ?? "");
    if (entry.kind === "deleted") words.set(entry.post, "");
  }
  return log.map((entry) => (entry.kind === "posted" ? { ...entry, text: words.get(entry.seq) ?? "" } : entry));
}

/** A random whole number from low to high. */
export function pick(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}
