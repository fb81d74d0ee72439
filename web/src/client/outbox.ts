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
  /** How far the room was read without a gap; null if it was not read. */
  cursorOf(room: string): Cursor | null;
  /** Shows the items, oldest first. */
  show(items: readonly Outgoing[]): void;
  /** Tells the other tabs. */
  announce(news: OutboxNews): void;
  /** Something is to be sent without a connection: a page that rests must reconnect. */
  wake(): void;
}

/** What identifies an entry of the log. */
export interface InLog {
  readonly author: string;
  readonly id: string;
  readonly seq: number;
}

/** Steps in which it is unknown whether the change is in the log. */
const MAYBE_SENT: ReadonlySet<Progress["step"]> = new Set(["halted", "unknown", "attempted"]);

/**
 * Brings changes into the log exactly once. Each room has at most one change in
 * flight. Before its first attempt the current cursor is stored with it, so that
 * the server finds an earlier copy however often the change is sent again. Only
 * one tab of a browser sends.
 */
export class Outbox {
  readonly #items = new OutboxItems();
  readonly #pump: OutboxPump;
  /** Ids of items that are being replaced. */
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

  /** Loads what earlier pages left behind. Changes that are added meanwhile come after it. */
  load(): Promise<void> {
    this.#loaded = this.ports.storage.load().then((items) => {
      this.#items.adopt(items);
      this.#show();
    });
    return this.#loaded;
  }

  /** Makes this tab the one that sends, going on from what another tab has stored. */
  async lead(): Promise<void> {
    const held = this.#items.all();
    this.#items.takeOver(await this.ports.storage.load(), held);
    this.#isSending = true;
    this.#show();
    this.#pumpAll();
  }

  /** Sets whether there is a connection on which every room is joined. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    this.#pumpAll();
  }

  /** Resolves once the change is stored; rejects if the browser refuses to store it. */
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
   * Sends a stuck change again on a person's request: unchanged and under its
   * own id if the server failed at it, else under a new id and with new content
   * where that is given.
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

  /** Gives up a change that is not in flight, on a person's request. */
  async discard(id: string): Promise<void> {
    const item = this.#items.get(id);
    if (!item || this.#replaced.has(id)) return;
    if (isStuck(item) || item.progress.step === "waiting") await this.#remove(id);
  }

  /** The log of the room was replaced: it is unknown which attempted changes it holds. */
  async onReset(room: string): Promise<void> {
    if (!this.#isSending) return;
    await this.#turn(room, ["attempted", "halted"], { step: "unknown" });
  }

  /** The reader is no longer in the room: changes that were never sent fail. */
  async onLost(room: string): Promise<void> {
    if (!this.#isSending) return;
    await this.#turn(room, ["waiting"], { step: "failed", code: "not_found", message: "" });
  }

  /** The room was read further: changes that the log now shows are forgotten. */
  onRead(room: string): void {
    const cursor = this.ports.cursorOf(room);
    if (cursor === null) return;
    const isRead = ({ progress }: Outgoing) => progress.step === "sent" && progress.seq <= seqOf(cursor);
    const read = this.#items.in(room).filter(isRead);
    for (const { id } of read) this.#items.forget(id);
    if (read.length > 0) this.#show();
    this.#send(room);
  }

  /** Entries of the room were read: a change among them was sent, whatever its answers said. */
  async onEntries(entries: readonly InLog[]): Promise<void> {
    for (const { author, id, seq } of entries) {
      const item = author === this.ports.self ? this.#items.get(id) : undefined;
      const progress: Progress = { step: "sent", seq };
      // The tab that sends may be closed before it can announce this, so the others look themselves.
      if (item && !this.#isSending) this.#items.hear({ ...item, progress });
      else if (item && MAYBE_SENT.has(item.progress.step)) await this.#settle(id, progress, item.progress.step);
    }
  }

  /** Picks up what other tabs stored: a tab that was closed right then could not announce it. */
  async look(): Promise<void> {
    if (!this.#isSending) return;
    const stored = await this.ports.storage.load().catch(() => []);
    this.#items.adopt(stored);
    this.#show();
    this.#pumpAll();
  }

  /**
   * Another tab changed the outbox. The tab that sends trusts only the storage:
   * news may be late, and a change that has left must not come back.
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
      // Storing the previous item took time, in which this one may have moved on.
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
    // A person may have given it up meanwhile.
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

  /** Replaces an item in one transaction, so that what a person wrote is always stored. */
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

  /** Forgets an item that is no longer stored, here and in the other tabs. */
  #drop(id: string): void {
    this.#items.leave(id);
    this.#items.forget(id);
    this.ports.announce({ type: "removed", id });
  }

  #show(): void {
    this.ports.show(this.#items.all());
  }
}
