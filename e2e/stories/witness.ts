import type { Page } from "playwright-core";

/** What happened to one of a page's sockets: `joined` is the first answer on it, `left` that the page let it go. */
export interface SocketEvent {
  readonly socket: number;
  readonly what: "opened" | "joined" | "left" | "closed";
}

/** What a page has recorded of its connection, in order. */
export interface Testimony {
  readonly sockets: readonly SocketEvent[];
  /** Every text of the connection's state, each as it came. */
  readonly states: readonly string[];
}

/** How much shorter the page's timers are, by how long they are. */
export interface Haste {
  /** Of an hour and more: the plan to replace a connection before it is two hours old. */
  readonly hours: number;
  /** Of a minute and more: heartbeats. */
  readonly minutes: number;
}

declare global {
  interface Window {
    testimony: Testimony;
  }
}

/** Opens the page anew in a hurry, and has it record what becomes of its connection. */
export async function witness(page: Page, haste: Haste): Promise<void> {
  await page.addInitScript(hurry, haste);
  await page.addInitScript(record);
  await page.reload();
}

export function testimonyOf(page: Page): Promise<Testimony> {
  return page.evaluate(() => window.testimony);
}

/** Runs in the page, and so may use nothing from outside of itself. */
function hurry({ hours, minutes }: Haste): void {
  const after = window.setTimeout.bind(window);
  const MINUTE_MS = 60_000;
  const shorter = (ms: number): number => (ms >= 60 * MINUTE_MS ? ms / hours : ms >= MINUTE_MS ? ms / minutes : ms);
  window.setTimeout = ((task: () => void, ms = 0) => after(task, shorter(ms))) as typeof window.setTimeout;
}

/** Runs in the page, and so may use nothing from outside of itself. */
function record(): void {
  const sockets: SocketEvent[] = [];
  const states: string[] = [];
  window.testimony = { sockets, states };
  let count = 0;
  window.WebSocket = class extends WebSocket {
    readonly #number = ++count;
    #isJoined = false;

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("open", () => this.#note("opened"));
      // The first thing that is asked on a socket is to join the rooms; a push may come before the answer.
      this.addEventListener("message", ({ data }: MessageEvent<string>) => {
        if (!this.#isJoined && data.includes('"ref":')) this.#note("joined");
      });
      this.addEventListener("close", () => this.#note("closed"));
    }

    override close(): void {
      this.#note("left");
      super.close();
    }

    #note(what: SocketEvent["what"]): void {
      this.#isJoined ||= what === "joined";
      sockets.push({ socket: this.#number, what });
    }
  };
  new MutationObserver(() => {
    const state = document.querySelector(".connection[role=status]")?.textContent?.trim();
    if (state && state !== states.at(-1)) states.push(state);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}
