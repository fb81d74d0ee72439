import type { AppState } from "../state/app.ts";
import { seqOf } from "../state/cursor.ts";
import { hasHole, type RoomState } from "../state/room.ts";
import { backoff, type Cancel, type Clock, type Random } from "./clock.ts";
import { namesFrom, snapshotFrom } from "./decode.ts";
import type { ClientFrame, ServerFrame } from "../protocol/frames.ts";
import { LOST, type Answer, type Link } from "./link.ts";
import type { InLog } from "./outbox.ts";
import type { Store } from "./store.ts";
import { TYPING_SHOWN_MS } from "./typing.ts";

/** What the rooms need of the client that they are part of. */
export interface RoomsPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  ask(frame: ClientFrame): Promise<Answer>;
  /** The list of rooms has changed on the server. */
  relist(): void;
  /** The log of the room was replaced by another. */
  onReset(room: string): void;
  onLost(room: string): void;
  /** Entries of the log arrived, by any way. */
  onEntries(entries: readonly InLog[]): void;
  /** A snapshot, which lists no members, replaced what was known of the room. */
  onSnapshot(room: string): void;
  /** Entries of the room were folded in. */
  onRead(room: string): void;
}

/** The wait before a hole is repaired: pushes may arrive out of order, and then fill it. */
const HOLE_MS = 400;
const HOLE_JITTER_MS = 200;

type Handlers = { readonly [T in ServerFrame["type"]]?: (frame: Extract<ServerFrame, { type: T }>) => void };

/** Keeps every room up to date: joins it, catches up, repairs holes. */
export class Rooms {
  readonly #catching = new Set<string>();
  /** Rooms that were told to catch up again while they did: the running request may be lost, or may have been answered too early. */
  readonly #wanted = new Set<string>();
  readonly #holes = new Map<string, Cancel>();
  #rest: readonly string[] = [];
  /** The rooms that were joined on the last link. */
  #greeted: ReadonlySet<string> = new Set();
  /** Rooms whose join was refused for now: how often, and the timer of the next attempt. */
  readonly #refused = new Map<string, { readonly failures: number; readonly cancel: Cancel }>();

  constructor(private readonly ports: RoomsPorts) {}

  /** Joins every room on a new link. */
  async greet(link: Link): Promise<void> {
    const rooms = [...this.#state.rooms.values()];
    const answers = await Promise.all(link.askAll(rooms.map((room) => joinFrame(room))));
    const isStale = (answer: Answer) => answer !== LOST && answer.type === "error" && answer.code === "stale";
    // A room whose log was replaced has just been reset, and is joined anew.
    const again = rooms.filter((_, i) => isStale(answers[i] ?? LOST)).map((room) => this.#state.rooms.get(room.id) ?? room);
    const rejoined = await Promise.all(link.askAll(again.map(joinFrame)));
    rooms.forEach((room, i) => this.#heed(room.id, answers[i] ?? LOST));
    again.forEach((room, i) => this.#heed(room.id, rejoined[i] ?? LOST));
    this.#greeted = new Set(rooms.map((room) => room.id));
    this.#rest = rooms.filter((_, i) => hasMore(answers[i] ?? LOST)).map((room) => room.id);
    if (answers.some((answer) => answer !== LOST && answer.type === "error" && answer.code === "not_found")) this.ports.relist();
  }

  /** The new link is in use: reads what did not fit into the answers to its joins, and joins rooms that were added meanwhile. */
  onReady(): void {
    for (const id of this.#state.rooms.keys()) {
      if (!this.#greeted.has(id)) void this.join(id);
    }
    for (const id of this.#rest) void this.catchUp(id);
    this.#rest = [];
  }

  /** Joins one more room on the connection in use. */
  async join(id: string): Promise<void> {
    const room = this.#state.rooms.get(id);
    if (!room) return;
    const greeted = this.#greeted;
    const answer = await this.ports.ask(joinFrame(room));
    // An answer on an older link says nothing about the link in use.
    if (greeted === this.#greeted) this.#heed(id, answer);
    if (hasMore(answer)) await this.catchUp(id);
  }

  /** Schedules another join if this one was refused for now: until then nothing of the room is pushed. */
  #heed(id: string, answer: Answer): void {
    const before = this.#refused.get(id);
    before?.cancel();
    this.#refused.delete(id);
    if (!isRefusedForNow(answer)) return;
    const failures = (before?.failures ?? 0) + 1;
    const wait = answer.retry_after_ms ?? backoff(failures, this.ports.random);
    this.#refused.set(id, { failures, cancel: this.ports.clock.after(wait, () => void this.join(id)) });
  }

  take(frame: ServerFrame): void {
    const handle = this.#handlers[frame.type] as ((frame: ServerFrame) => void) | undefined;
    handle?.(frame);
  }

  /** Reads from the room's cursor to the head of its log. */
  async catchUp(id: string): Promise<void> {
    if (this.#catching.has(id)) {
      this.#wanted.add(id);
      return;
    }
    this.#catching.add(id);
    let failures = 0;
    for (let isMore = true; isMore; ) {
      const answer = await this.#readPage(id);
      if (isRefusedForNow(answer)) await this.#wait(answer.retry_after_ms ?? backoff(++failures, this.ports.random));
      isMore = this.#wanted.delete(id) || isRefusedForNow(answer) || hasMore(answer);
    }
    this.#catching.delete(id);
    this.#watchHole(id);
  }

  /** Reads one page after the room's cursor. A page that does not advance the cursor counts as lost, or it would be read for ever. */
  async #readPage(id: string): Promise<Answer> {
    const cursor = this.#state.rooms.get(id)?.cursor;
    if (cursor === undefined) return LOST;
    const answer = await this.ports.ask({ action: "entries", room: id, cursor });
    return hasMore(answer) && this.#state.rooms.get(id)?.cursor === cursor ? LOST : answer;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.ports.clock.after(ms, resolve));
  }

  stop(): void {
    for (const cancel of this.#holes.values()) cancel();
    this.#holes.clear();
    for (const { cancel } of this.#refused.values()) cancel();
    this.#refused.clear();
  }

  get #state(): AppState {
    return this.ports.store.state;
  }

  readonly #handlers: Handlers = {
    "room.joined": (frame) => {
      this.ports.store.dispatch({ type: "snapshot", room: frame.room.id, snapshot: snapshotFrom(frame) });
      this.ports.onSnapshot(frame.room.id);
      this.ports.onEntries(frame.posts);
      this.ports.onRead(frame.room.id);
    },
    "entries.listed": (frame) => {
      this.ports.store.dispatch({ type: "entries", room: frame.room, entries: frame.entries, names: namesFrom(frame.names) });
      this.ports.onEntries(frame.entries);
      this.ports.onRead(frame.room);
    },
    "entry.appended": ({ room, entry }) => {
      this.ports.store.dispatch({ type: "entries", room, entries: [entry], names: new Map() });
      this.ports.onEntries([entry]);
      this.#watchHole(room);
      this.ports.onRead(room);
    },
    "room.behind": ({ room }) => void this.catchUp(room),
    "cursor.reset": ({ room }) => {
      this.ports.onReset(room);
      this.ports.store.dispatch({ type: "reset", room });
      void this.join(room);
    },
    "heads.listed": ({ heads }) => {
      for (const head of heads) {
        const room = this.#state.rooms.get(head.room);
        if (room && seqOf(room.cursor) < seqOf(head.cursor)) void this.catchUp(head.room);
      }
    },
    "presence.listed": ({ room, users, total }) => {
      const present = users.map((u) => ({ user: u.user, name: u.name ?? null, isHidden: u.hidden ?? false }));
      this.ports.store.dispatch({ type: "presence", room, presence: { users: present, total } });
    },
    "typing.started": ({ room, user, name }) => {
      const until = this.ports.clock.now() + TYPING_SHOWN_MS;
      this.ports.store.dispatch({ type: "typing", room, user, name, until });
    },
    "mark.moved": ({ room, mark }) => this.ports.store.dispatch({ type: "mark", room, mark }),
    "room.gained": ({ room }) => {
      if (!this.#state.rooms.has(room)) this.ports.relist();
    },
    "room.lost": ({ room }) => {
      this.ports.onLost(room);
      this.ports.store.dispatch({ type: "lost", room });
    },
  };

  #watchHole(id: string): void {
    const room = this.#state.rooms.get(id);
    if (!room || !hasHole(room)) {
      this.#holes.get(id)?.();
      this.#holes.delete(id);
    } else if (!this.#holes.has(id)) {
      const wait = HOLE_MS + this.ports.random() * HOLE_JITTER_MS;
      this.#holes.set(id, this.ports.clock.after(wait, () => this.#repair(id)));
    }
  }

  #repair(id: string): void {
    this.#holes.delete(id);
    const room = this.#state.rooms.get(id);
    if (room && hasHole(room)) void this.catchUp(id);
  }
}

/** Whether the answer is a page of the log that is not the last one. */
function hasMore(answer: Answer): boolean {
  return answer !== LOST && answer.type === "entries.listed" && answer.more;
}

/** Whether the same request may succeed later. */
function isRefusedForNow(answer: Answer): answer is Extract<ServerFrame, { type: "error" }> {
  return answer !== LOST && answer.type === "error" && ["unavailable", "rate_limited", "internal"].includes(answer.code);
}

/** A join without a cursor, for a room of which nothing is known, is answered with a snapshot. */
function joinFrame(room: RoomState): ClientFrame {
  const cursor = seqOf(room.cursor) === 0 ? {} : { cursor: room.cursor };
  return { action: "join", room: room.id, ...cursor };
}
