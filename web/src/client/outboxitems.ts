import { isStuck, type Outgoing } from "../state/outgoing.ts";

/** The changes that one tab knows of, in the order in which people made them. */
export class OutboxItems {
  readonly #byID = new Map<string, Outgoing>();
  /** Ids that left the outbox: late news must not bring them back. */
  readonly #gone = new Set<string>();
  #lastCreated = 0;

  get(id: string): Outgoing | undefined {
    return this.#byID.get(id);
  }

  all(): readonly Outgoing[] {
    return [...this.#byID.values()].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  in(room: string): readonly Outgoing[] {
    return this.all().filter((item) => item.room === room);
  }

  rooms(): ReadonlySet<string> {
    return new Set([...this.#byID.values()].map((item) => item.room));
  }

  /** The change of the room that is sent next. */
  next(room: string): Outgoing | undefined {
    return this.in(room).find(({ progress }) => progress.step === "waiting" || progress.step === "attempted");
  }

  /** The creation time of a change made now: later than all others, even if the clock was set back. */
  timeOfNext(now: number): number {
    return Math.max(now, this.#lastCreated + 1);
  }

  keep(item: Outgoing): void {
    this.#byID.set(item.id, item);
    this.#lastCreated = Math.max(this.#lastCreated, item.createdAt);
  }

  /** Keeps an item that another tab announced, unless the item has left meanwhile. */
  hear(item: Outgoing): void {
    if (this.#gone.has(item.id)) return;
    this.keep(item);
    if (item.progress.step === "sent") this.leave(item.id);
  }

  /** Keeps stored items, except those that have left and those that this tab is working on. */
  adopt(stored: readonly Outgoing[]): void {
    for (const item of stored) {
      const known = this.#byID.get(item.id);
      if ((!known || isStuck(known)) && !this.#gone.has(item.id)) this.keep(item);
    }
  }

  /** Replaces what is held by what is stored; sent changes stay until they are read. */
  takeOver(stored: readonly Outgoing[], held: readonly Outgoing[]): void {
    for (const item of held) {
      if (item.progress.step !== "sent") this.#byID.delete(item.id);
    }
    for (const item of stored) this.keep(item);
  }

  /** Notes that the change is no longer stored; it is held until it is forgotten. */
  leave(id: string): void {
    this.#gone.add(id);
  }

  forget(id: string): void {
    this.#byID.delete(id);
  }
}
