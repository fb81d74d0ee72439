import type { Cancel, Clock } from "./clock.ts";

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Lets everything that waits for a promise continue, but no timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
}

/** A clock for tests: it stands still until it is advanced. */
export class TestClock implements Clock {
  #now = 1_700_000_000_000;
  #order = 0;
  readonly #tasks = new Set<Task>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const task = { at: this.#now + ms, order: this.#order++, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** Advances time and runs the tasks that become due, in order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let task = this.#next(end); task; task = this.#next(end)) {
      this.#tasks.delete(task);
      this.#now = Math.max(this.#now, task.at);
      task.run();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks) {
      const isEarlier = !first || task.at < first.at || (task.at === first.at && task.order < first.order);
      if (task.at <= end && isEarlier) first = task;
    }
    return first;
  }
}
