import { seqOf } from "../state/cursor.ts";
import type { Change, Outgoing, Progress } from "../state/outgoing.ts";
import { backoff, type Clock, type Random } from "./clock.ts";
import { changeFrame } from "./change.ts";
import type { ClientFrame, Cursor } from "../protocol/frames.ts";
import type { Answer } from "./link.ts";
import { OutboxItems } from "./outboxitems.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";
import { readAfter } from "./reading.ts";
import type { OutboxStorage } from "./storage.ts";
import type { OutboxNews } from "./tabs.ts";

export interface OutboxPorts {
  readonly self: string;
  readonly storage: OutboxStorage;
  readonly clock: Clock;
  readonly random: Random;
  newID(): string;
  ask(frame: ClientFrame): Promise<Answer>;
  /** How far the room was read without a gap; null when it was not. */
  cursorOf(room: string): Cursor | null;
  /** Shows the items, oldest first. */
  show(items: readonly Outgoing[]): void;
  /** Tells the other tabs. */
  announce(news: OutboxNews): void;
}

/**
 * Brings changes into the log exactly once. In each room one change at a time
 * is on its way, and before it is sent for the first time the cursor of that
 * moment is stored with it, so that the server finds an earlier copy however
 * often it is sent again. Only one tab of a browser sends.
 */
export class Outbox {
  readonly #items = new OutboxItems();
  readonly #busy = new Set<string>();
  /** Rooms whose pump was called for while it ran. */
  readonly #wanted = new Set<string>();
  #isSending = false;
  #isConnected = false;
  #loaded: Promise<void> = Promise.resolve();

  constructor(private readonly ports: OutboxPorts) {}

  /** Takes in what earlier pages left; what is added meanwhile comes after it. */
  load(): Promise<void> {
    this.#loaded = this.ports.storage.load().then((items) => {
      for (const item of items) this.#items.keep(item);
      this.#show();
    });
    return this.#loaded;
  }

  /** From now on this tab sends; what another left half done is in the storage. */
  async lead(): Promise<void> {
    const held = this.#items.all();
    this.#items.takeOver(await this.ports.storage.load(), held);
    this.#isSending = true;
    this.#show();
    this.#pumpAll();
  }

  /** There is a connection on which every room is joined, or there is none. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (isConnected) this.#pumpAll();
  }

  /** Resolves once the change is stored; it fails where the browser refuses to store. */
  async add(room: string, change: Change): Promise<void> {
    await this.#loaded;
    const createdAt = this.#items.timeOfNext(this.ports.clock.now());
    const item: Outgoing = { id: this.ports.newID(), room, change, createdAt, progress: { step: "waiting" } };
    try {
      await this.#put(item);
    } catch (refusal) {
      this.#items.forget(item.id);
      this.#show();
      throw refusal;
    }
    void this.#pump(room);
  }

  /** A person sends a failed or doubtful change again, perhaps with other words: under a new id. */
  async retry(id: string, change?: Change): Promise<void> {
    const old = this.#items.get(id);
    if (!old || !isStuck(old.progress)) return;
    await this.discard(id);
    await this.add(old.room, change ?? old.change);
  }

  /** A person gives up a change that is not on its way. */
  async discard(id: string): Promise<void> {
    const item = this.#items.get(id);
    if (item && (isStuck(item.progress) || item.progress.step === "waiting")) await this.#remove(id);
  }

  /** The log of the room is another one now: nobody knows what it holds of the attempted changes. */
  async onReset(room: string): Promise<void> {
    if (!this.#isSending) return;
    await this.#turn(room, "attempted", { step: "unknown" });
  }

  /** The reader is no longer in the room: what was never sent is not going to be. */
  async onLost(room: string): Promise<void> {
    if (!this.#isSending) return;
    await this.#turn(room, "waiting", { step: "failed", code: "not_found", message: "" });
  }

  /** The room was read on: what was sent and stands there now need not be shown twice. */
  onRead(room: string): void {
    const cursor = this.ports.cursorOf(room);
    if (cursor === null) return;
    const isRead = ({ progress }: Outgoing) => progress.step === "sent" && progress.seq <= seqOf(cursor);
    const read = this.#items.in(room).filter(isRead);
    for (const { id } of read) this.#items.forget(id);
    if (read.length > 0) this.#show();
    void this.#pump(room);
  }

  /**
   * Another tab changed the outbox. The one that sends believes the storage
   * alone: news may be late, and a change that has left must not come back.
   */
  async onNews(news: OutboxNews): Promise<void> {
    if (news.type === "removed") {
      this.#items.leave(news.id);
      this.#items.forget(news.id);
    } else if (this.#isSending) {
      this.#items.adopt(await this.ports.storage.load());
      this.#pumpAll();
    } else {
      this.#items.keep(news.item);
    }
    this.#show();
  }

  async #turn(room: string, from: Progress["step"], progress: Progress): Promise<void> {
    for (const { id } of this.#items.in(room)) {
      // While the one before was stored, this one may have gone on.
      const item = this.#items.get(id);
      if (item?.progress.step === from) await this.#put({ ...item, progress });
    }
  }

  #pumpAll(): void {
    for (const room of this.#items.rooms()) void this.#pump(room);
  }

  /** Sends the room's changes in order, each after the one before has its answer. */
  async #pump(room: string): Promise<void> {
    if (this.#busy.has(room)) {
      this.#wanted.add(room);
      return;
    }
    this.#busy.add(room);
    try {
      let failures = 0;
      while (this.#canSend()) {
        const item = this.#items.next(room);
        const outcome = item ? await this.#attempt(item, failures) : null;
        if (!outcome || outcome.type === "undecided") return;
        failures = outcome.type === "again" ? failures + 1 : 0;
        if (outcome.type === "again" && outcome.afterMS > 0) await this.#wait(outcome.afterMS);
      }
    } finally {
      this.#busy.delete(room);
    }
    if (this.#wanted.delete(room)) void this.#pump(room);
  }

  #canSend(): boolean {
    return this.#isSending && this.#isConnected;
  }

  async #attempt(item: Outgoing, failures: number): Promise<Outcome | null> {
    const since = item.progress.step === "attempted" ? item.progress.since : this.ports.cursorOf(item.room);
    if (since === null) return null;
    if (item.progress.step === "waiting" && !(await this.#storeAttempt(item, since))) return { type: "again", afterMS: STORAGE_WAIT_MS };
    const outcome = outcomeOf(await this.ports.ask(changeFrame(item, since)), () => backoff(failures + 1, this.ports.random));
    if (outcome.type === "stale") return this.#readOn(item, since);
    if (outcome.type === "settled") await this.#settle(item.id, outcome.progress);
    return outcome;
  }

  /** Whether the attempt is stored: without that nothing may be sent. */
  async #storeAttempt(item: Outgoing, since: Cursor): Promise<boolean> {
    try {
      await this.#put({ ...item, progress: { step: "attempted", since } });
      return true;
    } catch {
      this.#items.keep(item);
      return false;
    }
  }

  /** The log has grown far beyond `since`: it may be raised to what was read without the own entry in it. */
  async #readOn(item: Outgoing, since: Cursor): Promise<Outcome> {
    const { ask, self, random } = this.ports;
    const read = await readAfter(ask, item.room, since, (e) => e.author === self && e.id === item.id);
    // Meanwhile the log may have been replaced by another.
    if (this.#items.get(item.id)?.progress.step !== "attempted") return { type: "again", afterMS: 0 };
    switch (read.type) {
      case "lost":
        return { type: "undecided" };
      case "failed":
        return { type: "again", afterMS: backoff(3, random) };
      case "absent":
        await this.#put({ ...item, progress: { step: "attempted", since: read.cursor } });
        return { type: "again", afterMS: 0 };
      case "found":
      case "unreadable": {
        // A room that may no longer be read keeps the secret of whether the change is in it.
        const progress: Progress = read.type === "found" ? { step: "sent", seq: read.seq } : { step: "unknown" };
        await this.#settle(item.id, progress);
        return { type: "settled", progress };
      }
    }
  }

  async #settle(id: string, progress: Progress): Promise<void> {
    const item = this.#items.get(id);
    if (!item || item.progress.step !== "attempted") return;
    const settled = { ...item, progress };
    if (progress.step !== "sent") return this.#put(settled);
    await this.ports.storage.remove(id);
    this.#items.leave(id);
    this.#items.keep(settled);
    this.ports.announce({ type: "put", item: settled });
    this.#show();
    this.onRead(item.room);
  }

  async #put(item: Outgoing): Promise<void> {
    this.#items.keep(item);
    await this.ports.storage.put(item);
    this.ports.announce({ type: "put", item });
    this.#show();
  }

  async #remove(id: string): Promise<void> {
    await this.ports.storage.remove(id);
    this.#items.leave(id);
    this.#items.forget(id);
    this.ports.announce({ type: "removed", id });
    this.#show();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.ports.clock.after(ms, resolve));
  }

  #show(): void {
    this.ports.show(this.#items.all());
  }
}

function isStuck(progress: Progress): boolean {
  return progress.step === "failed" || progress.step === "unknown";
}

const STORAGE_WAIT_MS = 5_000;
