import type { Outgoing } from "../state/outgoing.ts";

/** What tabs of one browser tell each other about the outbox. */
export type OutboxNews =
  | { readonly type: "put"; readonly item: Outgoing }
  | { readonly type: "removed"; readonly id: string };

/** The tabs of one browser that one user has open. */
export interface Tabs {
  announce(news: OutboxNews): void;
  onNews(listener: (news: OutboxNews) => void): void;
  /** Calls back when this tab becomes the one that sends: once, or never. */
  lead(becomeLeader: () => void): void;
  close(): void;
}

/** The tabs of a page that shares nothing with others: it sends its own changes. */
export const lone: Tabs = {
  announce: () => undefined,
  onNews: () => undefined,
  lead: (becomeLeader) => becomeLeader(),
  close: () => undefined,
};

/**
 * Implements Tabs with a BroadcastChannel and a Web Lock, which the browser passes
 * on when the tab that holds it is closed. Pages without https have no locks:
 * there every tab sends, which is safe because the server writes an id only once.
 */
export class BrowserTabs implements Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  readonly #closing = new AbortController();

  constructor(user: string) {
    this.#name = `maru-outbox-${user}`;
    this.#channel = new BroadcastChannel(this.#name);
  }

  announce(news: OutboxNews): void {
    // A change in flight may finish after the tab was closed: a closed channel would throw.
    if (!this.#closing.signal.aborted) this.#channel.postMessage(news);
  }

  onNews(listener: (news: OutboxNews) => void): void {
    this.#channel.onmessage = (event: MessageEvent<OutboxNews>) => listener(event.data);
  }

  lead(becomeLeader: () => void): void {
    const locks = (navigator as { readonly locks?: LockManager }).locks;
    if (!locks) {
      becomeLeader();
      return;
    }
    const { signal } = this.#closing;
    const held = new Promise<void>((release) => signal.addEventListener("abort", () => release()));
    const request = locks.request(this.#name, { signal }, () => {
      becomeLeader();
      return held;
    });
    // Closing aborts a request that still waits for the lock.
    request.catch(() => undefined);
  }

  close(): void {
    this.#closing.abort();
    this.#channel.close();
  }
}
