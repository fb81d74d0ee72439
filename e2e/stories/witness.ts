import type { Page } from "playwright-core";

/** An event of one of a page's sockets: `joined` is the first answer on it, `left` means that the page closed it. */
export interface SocketEvent {
  readonly socket: number;
  readonly what: "opened" | "joined" | "left" | "closed";
}

/** What a page has recorded of its connections, in order. */
export interface Testimony {
  readonly sockets: readonly SocketEvent[];
  /** Every text that the page showed as the state of the connection. */
  readonly states: readonly string[];
}

/** The factors by which the page's timers are shortened. */
export interface Haste {
  /** For timers of an hour and more: the replacement of a connection before it is two hours old. */
  readonly hours: number;
  /** For timers of a minute and more: heartbeats. */
  readonly minutes: number;
}

declare global {
  interface Window {
    testimony: Testimony;
  }
}

/** Reloads the page with shortened timers, and has it record its connections. */
export async function witness(page: Page, haste: Haste): Promise<void> {
  await page.addInitScript(hurry, haste);
  await page.addInitScript(record);
  await page.reload();
}

export function testimonyOf(page: Page): Promise<Testimony> {
  return page.evaluate(() => window.testimony);
}

/** Runs in the page, and so must not use anything outside this function. */
function hurry({ hours, minutes }: Haste): void {
  const after = window.setTimeout.bind(window);
  const MINUTE_MS = 60_000;
  const shorter = (ms: number): number => (ms >= 60 * MINUTE_MS ? ms / hours : ms >= MINUTE_MS ? ms / minutes : ms);
  window.setTimeout = ((task: () => void, ms = 0) => after(task, shorter(ms))) as typeof window.setTimeout;
}

/** Runs in the page, and so must not use anything outside this function. */
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
      // The first request on a socket is to join the rooms; a push may arrive before its answer.
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
