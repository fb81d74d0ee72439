import type { ClientFrame, Cursor } from "../protocol/frames.ts";
import { seqOf } from "../state/cursor.ts";
import { isStuck, type Change, type Outgoing, type Progress } from "../state/outgoing.ts";
import type { Clock, Random } from "./clock.ts";
import type { Answer } from "./link.ts";
import { OutboxItems } from "./outboxitems.ts";
import { OutboxPump } from "./outboxpump.ts";
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
  /** Something is to be sent and there is no connection: one that rests is wanted. */
  wake(): void;
}

/** What the log says of an entry that it holds. */
export interface InLog {
  readonly author: string;
  readonly id: string;
  readonly seq: number;
}

/** Steps at which nobody knows whether the change is in the log. */
const MAYBE_SENT: ReadonlySet<Progress["step"]> = new Set(["halted", "unknown", "attempted"]);

/**
 * Brings changes into the log exactly once. In each room one change at a time
 * is on its way, and before it is sent for the first time the cursor of that
 * moment is stored with it, so that the server finds an earlier copy however
 * often it is sent again. Only one tab of a browser sends.
 */
export class Outbox {
  readonly #items = new OutboxItems();
  readonly #pump: OutboxPump;
  /** What is being put in the place of something else, by the old ids. */
  readonly #replaced = new Set<string>();
  #isSending = false;
  #isConnected = false;
  #loaded: Promise<void> = Promise.resolve();

  constructor(private readonly ports: OutboxPorts) {
    const { self, clock, random } = ports;
    this.#pump = new OutboxPump({
      self, clock, random, items: this.#items,
      canSend: () => this.#isSending && this.#isConnected,
      ask: (frame) => ports.ask(frame),
      cursorOf: (room) => ports.cursorOf(room),
      attempt: (id, since) => this.#attempt(id, since),
      put: (item) => this.#put(item),
      settle: (id, progress) => this.#settle(id, progress),
    });
  }

  /** Takes in what earlier pages left; what is added meanwhile comes after it. */
  load(): Promise<void> {
    this.#loaded = this.ports.storage.load().then((items) => {
      this.#items.adopt(items);
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
    this.#pumpAll();
  }

  /** Resolves once the change is stored; it fails where the browser refuses to store. */
  async add(room: string, change: Change): Promise<void> {
    await this.#loaded;
    const item = this.#newItem(room, change);
    try {
      await this.#put(item);
    } catch (refusal) {
      this.#items.forget(item.id);
      this.#show();
      throw refusal;
    }
    this.#send(room);
  }

  /**
   * A person sends again what is stuck. What the server failed at goes as it
   * is; anything else goes under a new id, perhaps with other words.
   */
  async retry(id: string, change?: Change): Promise<void> {
    const old = this.#items.get(id);
    if (!old || !isStuck(old) || this.#replaced.has(id)) return;
    if (old.progress.step === "halted") {
      await this.#put({ ...old, progress: { step: "attempted", since: old.progress.since } });
    } else {
      await this.#replace(old, change ?? old.change);
    }
    this.#send(old.room);
  }

  /** A person gives up a change that is not on its way. */
  async discard(id: string): Promise<void> {
    const item = this.#items.get(id);
    if (!item || this.#replaced.has(id)) return;
    if (isStuck(item) || item.progress.step === "waiting") await this.#remove(id);
  }

  /** The log of the room is another one now: nobody knows what it holds of the attempted changes. */
  async onReset(room: string): Promise<void> {
    if (!this.#isSending) return;
    await this.#turn(room, ["attempted", "halted"], { step: "unknown" });
  }

  /** The reader is no longer in the room: what was never sent is not going to be. */
  async onLost(room: string): Promise<void> {
    if (!this.#isSending) return;
    await this.#turn(room, ["waiting"], { step: "failed", code: "not_found", message: "" });
  }

  /** The room was read on: what was sent and stands there now need not be shown twice. */
  onRead(room: string): void {
    const cursor = this.ports.cursorOf(room);
    if (cursor === null) return;
    const isRead = ({ progress }: Outgoing) => progress.step === "sent" && progress.seq <= seqOf(cursor);
    const read = this.#items.in(room).filter(isRead);
    for (const { id } of read) this.#items.forget(id);
    if (read.length > 0) this.#show();
    this.#send(room);
  }

  /** Entries of the room were read: what is among them was sent, whatever the answers to it said. */
  async onEntries(entries: readonly InLog[]): Promise<void> {
    for (const { author, id, seq } of entries) {
      const item = author === this.ports.self ? this.#items.get(id) : undefined;
      const progress: Progress = { step: "sent", seq };
      // The tab that sends may be closed before it can say so: the others see for themselves.
      if (item && !this.#isSending) this.#items.hear({ ...item, progress });
      else if (item && MAYBE_SENT.has(item.progress.step)) await this.#settle(id, progress, item.progress.step);
    }
  }

  /** Takes up what other tabs stored: one that was closed in that moment could not say so. */
  async look(): Promise<void> {
    if (!this.#isSending) return;
    const stored = await this.ports.storage.load().catch(() => []);
    this.#items.adopt(stored);
    this.#show();
    this.#pumpAll();
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
      return this.look();
    } else {
      this.#items.hear(news.item);
      this.onRead(news.item.room);
    }
    this.#show();
  }

  async #turn(room: string, from: readonly Progress["step"][], progress: Progress): Promise<void> {
    for (const { id } of this.#items.in(room)) {
      // While the one before was stored, this one may have gone on.
      const item = this.#items.get(id);
      if (item && from.includes(item.progress.step)) await this.#put({ ...item, progress });
    }
  }

  #pumpAll(): void {
    for (const room of this.#items.rooms()) this.#send(room);
  }

  #send(room: string): void {
    if (this.#isSending && !this.#isConnected && this.#items.next(room)) this.ports.wake();
    void this.#pump.run(room);
  }

  async #attempt(id: string, since: Cursor): Promise<Outgoing | null> {
    const item = await this.ports.storage.attempt(id, since);
    // Meanwhile a person may have given it up.
    if (!item || !this.#items.get(id)) {
      this.#items.leave(id);
      this.#items.forget(id);
      this.#show();
      return null;
    }
    this.#items.keep(item);
    this.ports.announce({ type: "put", item });
    this.#show();
    return item;
  }

  async #settle(id: string, progress: Progress, from: Progress["step"] = "attempted"): Promise<void> {
    const item = this.#items.get(id);
    if (item?.progress.step !== from) return;
    const settled = { ...item, progress };
    if (progress.step !== "sent") return this.#put(settled);
    await this.ports.storage.remove(id);
    this.#items.leave(id);
    this.#items.keep(settled);
    this.ports.announce({ type: "put", item: settled });
    this.#show();
    this.onRead(item.room);
  }

  #newItem(room: string, change: Change): Outgoing {
    const createdAt = this.#items.timeOfNext(this.ports.clock.now());
    return { id: this.ports.newID(), room, change, createdAt, progress: { step: "waiting" } };
  }

  /** The new item is stored before the old one is gone, so that the words are never nowhere. */
  async #replace(old: Outgoing, change: Change): Promise<void> {
    this.#replaced.add(old.id);
    try {
      const item = this.#newItem(old.room, change);
      await this.ports.storage.replace(old.id, item);
      this.#items.keep(item);
      this.ports.announce({ type: "put", item });
      this.#drop(old.id);
      this.#show();
    } finally {
      this.#replaced.delete(old.id);
    }
  }

  async #put(item: Outgoing): Promise<void> {
    this.#items.keep(item);
    await this.ports.storage.put(item);
    this.ports.announce({ type: "put", item });
    this.#show();
  }

  async #remove(id: string): Promise<void> {
    await this.ports.storage.remove(id);
    this.#drop(id);
    this.#show();
  }

  /** What is no longer stored is known no longer, here and in the other tabs. */
  #drop(id: string): void {
    this.#items.leave(id);
    this.#items.forget(id);
    this.ports.announce({ type: "removed", id });
  }

  #show(): void {
    this.ports.show(this.#items.all());
  }
}
