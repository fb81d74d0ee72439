import type { ClientFrame, Cursor } from "../protocol/frames.ts";
import type { Outgoing, Progress } from "../state/outgoing.ts";
import { changeFrame } from "./change.ts";
import { backoff, type Clock, type Random } from "./clock.ts";
import type { Answer } from "./link.ts";
import type { OutboxItems } from "./outboxitems.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";
import { readAfter } from "./reading.ts";

/** What sending needs of the outbox that it is part of. */
export interface PumpPorts {
  readonly self: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly items: OutboxItems;
  canSend(): boolean;
  ask(frame: ClientFrame): Promise<Answer>;
  cursorOf(room: string): Cursor | null;
  /** Stores that a waiting change is being sent; returns what is stored then, or null if the change has left. */
  attempt(id: string, since: Cursor): Promise<Outgoing | null>;
  /** Stores the item; rejects on failure. */
  put(item: Outgoing): Promise<void>;
  /** Stores how an attempt ended. */
  settle(id: string, progress: Progress): Promise<void>;
}

/** When the storage fails, nothing may be sent, and nothing counts as sent. */
const NO_STORAGE: Outcome = { type: "again", afterMS: 5_000 };
/** After this many internal errors, about half a minute, a change waits for a person. */
const MAX_FAULTS = 7;

/** Sends the changes of each room in order, one at a time, until each has its answer. */
export class OutboxPump {
  readonly #busy = new Set<string>();
  /** Rooms for which run was called while it was running. */
  readonly #wanted = new Set<string>();
  /** Internal errors by the id of the change. */
  readonly #faults = new Map<string, number>();

  constructor(private readonly ports: PumpPorts) {}

  async run(room: string): Promise<void> {
    if (this.#busy.has(room)) {
      this.#wanted.add(room);
      return;
    }
    this.#busy.add(room);
    try {
      let failures = 0;
      while (this.ports.canSend()) {
        const item = this.ports.items.next(room);
        const outcome = item ? await this.#send(item, failures).catch(() => NO_STORAGE) : null;
        if (!outcome || outcome.type === "undecided") return;
        failures = outcome.type === "again" ? failures + 1 : 0;
        if (outcome.type === "again" && outcome.afterMS > 0) await this.#wait(outcome.afterMS);
      }
    } finally {
      this.#busy.delete(room);
      // This also covers a lost answer: a new link may have been ready by then.
      if (this.#wanted.delete(room)) void this.run(room);
    }
  }

  async #send(next: Outgoing, failures: number): Promise<Outcome | null> {
    const { random, ask, cursorOf, attempt } = this.ports;
    const from = next.progress.step === "attempted" ? next.progress.since : cursorOf(next.room);
    if (from === null) return null;
    const item = next.progress.step === "attempted" ? next : await attempt(next.id, from);
    // Where every tab sends, another one may have finished it.
    if (item?.progress.step !== "attempted") return { type: "again", afterMS: 0 };
    const { since } = item.progress;
    const outcome = outcomeOf(await ask(changeFrame(item, since)), () => backoff(failures + 1, random));
    if (outcome.type === "stale") return this.#readOn(item, since);
    if (outcome.type === "fault") return this.#bear(item.id, since, outcome.afterMS);
    if (outcome.type === "settled") await this.#settle(item.id, outcome.progress);
    return outcome;
  }

  /** Retries after an internal error, but not for ever: the changes behind this one wait too. */
  async #bear(id: string, since: Cursor, afterMS: number): Promise<Outcome> {
    const faults = (this.#faults.get(id) ?? 0) + 1;
    this.#faults.set(id, faults);
    if (faults < MAX_FAULTS) return { type: "again", afterMS };
    const progress: Progress = { step: "halted", since };
    await this.#settle(id, progress);
    return { type: "settled", progress };
  }

  /** The log has grown far beyond `since`: reads on from there, and raises it if the change is not among what was read. */
  async #readOn(item: Outgoing, since: Cursor): Promise<Outcome> {
    const { ask, self, random, items } = this.ports;
    const read = await readAfter(ask, item.room, since, (e) => e.author === self && e.id === item.id);
    // The log may have been replaced meanwhile.
    if (items.get(item.id)?.progress.step !== "attempted") return { type: "again", afterMS: 0 };
    switch (read.type) {
      case "lost":
        return { type: "undecided" };
      case "failed":
        return { type: "again", afterMS: backoff(3, random) };
      case "fault":
        return this.#bear(item.id, since, backoff(3, random));
      case "absent":
        await this.ports.put({ ...item, progress: { step: "attempted", since: read.cursor } });
        return { type: "again", afterMS: 0 };
      case "found":
      case "unreadable": {
        // In a room that may no longer be read there is no way to tell whether the change was written.
        const progress: Progress = read.type === "found" ? { step: "sent", seq: read.seq } : { step: "unknown" };
        await this.#settle(item.id, progress);
        return { type: "settled", progress };
      }
    }
  }

  async #settle(id: string, progress: Progress): Promise<void> {
    this.#faults.delete(id);
    await this.ports.settle(id, progress);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.ports.clock.after(ms, resolve));
  }
}
