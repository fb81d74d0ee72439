import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Cursor } from "../protocol/frames.ts";
import { attempted, type Outgoing } from "../state/outgoing.ts";

/** Stores the changes that are not yet known to be in a log. */
export interface OutboxStorage {
  /** Whether the other tabs of this browser see what is put here. */
  readonly isShared: boolean;
  load(): Promise<readonly Outgoing[]>;
  /** Resolves once the item would survive a crash of the browser. */
  put(item: Outgoing): Promise<void>;
  /**
   * Marks a waiting item as attempted and returns what is stored then, in one transaction. An item that
   * another tab has marked before stays as it is; null means that the item has left.
   */
  attempt(id: string, since: Cursor): Promise<Outgoing | null>;
  remove(id: string): Promise<void>;
  /** Replaces an item by another, in one transaction. */
  replace(old: string, item: Outgoing): Promise<void>;
  /** Removes everything: somebody else may use this browser next. */
  clear(): Promise<void>;
}

interface Schema extends DBSchema {
  outbox: { key: string; value: Outgoing };
}

/** Keeps one database for each user who signs in on this browser. */
export class IndexedDBStorage implements OutboxStorage {
  readonly isShared = true;

  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  static async open(user: string): Promise<IndexedDBStorage> {
    const db = await openDB<Schema>(`maru-${user}`, 1, {
      upgrade: (fresh) => void fresh.createObjectStore("outbox", { keyPath: "id" }),
    });
    return new IndexedDBStorage(db);
  }

  load(): Promise<readonly Outgoing[]> {
    return this.db.getAll("outbox");
  }

  async put(item: Outgoing): Promise<void> {
    const tx = this.db.transaction("outbox", "readwrite", { durability: "strict" });
    await Promise.all([tx.store.put(item), tx.done]);
  }

  async attempt(id: string, since: Cursor): Promise<Outgoing | null> {
    const tx = this.db.transaction("outbox", "readwrite", { durability: "strict" });
    const stored = await tx.store.get(id);
    const item = stored ? attempted(stored, since) : null;
    await Promise.all([item && tx.store.put(item), tx.done]);
    return item;
  }

  async remove(id: string): Promise<void> {
    await this.db.delete("outbox", id);
  }

  async replace(old: string, item: Outgoing): Promise<void> {
    const tx = this.db.transaction("outbox", "readwrite", { durability: "strict" });
    await Promise.all([tx.store.put(item), tx.store.delete(old), tx.done]);
  }

  clear(): Promise<void> {
    return this.db.clear("outbox");
  }
}

/** Keeps the outbox only while the page is open: for browsers that refuse to store, and for tests. */
export class MemoryStorage implements OutboxStorage {
  readonly isShared: boolean = false;
  readonly #items = new Map<string, Outgoing>();

  load(): Promise<readonly Outgoing[]> {
    return Promise.resolve([...this.#items.values()]);
  }

  put(item: Outgoing): Promise<void> {
    this.#items.set(item.id, item);
    return Promise.resolve();
  }

  attempt(id: string, since: Cursor): Promise<Outgoing | null> {
    const stored = this.#items.get(id);
    const item = stored ? attempted(stored, since) : null;
    if (item) this.#items.set(id, item);
    return Promise.resolve(item);
  }

  remove(id: string): Promise<void> {
    this.#items.delete(id);
    return Promise.resolve();
  }

  replace(old: string, item: Outgoing): Promise<void> {
    this.#items.delete(old);
    return this.put(item);
  }

  clear(): Promise<void> {
    this.#items.clear();
    return Promise.resolve();
  }
}
