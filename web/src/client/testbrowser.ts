import type { Cursor } from "../protocol/frames.ts";
import type { Outgoing } from "../state/outgoing.ts";
import type { Random } from "../state/testlog.ts";
import type { Clock } from "./clock.ts";
import { MemoryStorage, type OutboxStorage } from "./storage.ts";
import type { OutboxNews, Tabs } from "./tabs.ts";

/** A browser for tests, in which one user may have several tabs open. */
export class TestBrowser {
  readonly storage: OutboxStorage;
  readonly #tabs = new Set<TestTabs>();

  constructor(
    private readonly clock: Clock, private readonly random: Random,
    /** False for pages without https: there every tab sends. */
    private readonly hasLocks: boolean,
  ) {
    this.storage = new SlowStorage(clock, random);
  }

  /** Opens one more tab, and returns its connection to the others. */
  open(): Tabs {
    const tab = new TestTabs(
      (news) => this.#tell(tab, news),
      () => this.#elect(),
      () => {
        this.#tabs.delete(tab);
        this.#elect();
      },
    );
    this.#tabs.add(tab);
    return tab;
  }

  /** News from one tab arrive in order, but may be overtaken by those from another. */
  #tell(from: TestTabs, news: OutboxNews): void {
    if (!this.#tabs.has(from)) return;
    for (const to of this.#tabs) {
      if (to === from) continue;
      const at = Math.max(from.arrivals.get(to) ?? 0, this.clock.now() + this.random() * 10);
      from.arrivals.set(to, at);
      this.clock.after(at - this.clock.now(), () => {
        if (this.#tabs.has(to)) to.hear(news);
      });
    }
  }

  /** The lock goes to the tab that has waited longest. */
  #elect(): void {
    for (const tab of this.#tabs) {
      if (!tab.becomeLeader) continue;
      if (!tab.isLeader) {
        tab.isLeader = true;
        tab.becomeLeader();
      }
      if (this.hasLocks) return;
    }
  }
}

class TestTabs implements Tabs {
  /** When the latest news to each tab arrive. */
  readonly arrivals = new Map<TestTabs, number>();
  becomeLeader: (() => void) | null = null;
  isLeader = false;
  hear: (news: OutboxNews) => void = () => undefined;

  constructor(readonly announce: (news: OutboxNews) => void, private readonly elect: () => void, readonly close: () => void) {}

  onNews(listener: (news: OutboxNews) => void): void {
    this.hear = listener;
  }

  lead(becomeLeader: () => void): void {
    this.becomeLeader = becomeLeader;
    this.elect();
  }
}

/** Is slow, and runs the operations of all tabs in order, as IndexedDB runs transactions. */
class SlowStorage implements OutboxStorage {
  readonly isShared = true;
  readonly #items = new MemoryStorage();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly clock: Clock, private readonly random: Random) {}

  load(): Promise<readonly Outgoing[]> {
    return this.#next(() => this.#items.load());
  }

  put(item: Outgoing): Promise<void> {
    return this.#next(() => this.#items.put(item));
  }

  attempt(id: string, since: Cursor): Promise<Outgoing | null> {
    return this.#next(() => this.#items.attempt(id, since));
  }

  remove(id: string): Promise<void> {
    return this.#next(() => this.#items.remove(id));
  }

  replace(old: string, item: Outgoing): Promise<void> {
    return this.#next(() => this.#items.replace(old, item));
  }

  clear(): Promise<void> {
    return this.#next(() => this.#items.clear());
  }

  #next<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => new Promise<T>((resolve) => this.clock.after(this.random() * 4, () => void run().then(resolve))));
    this.#last = done;
    return done;
  }
}
