import type { Cancel, Clock } from "./clock.ts";

/** Whether anybody looks at the page. */
export interface Visibility {
  isHidden(): boolean;
  /** Called when the page is hidden, shown or focused. */
  onChange(listener: () => void): Cancel;
}

export interface HeartbeatPorts {
  readonly clock: Clock;
  readonly visibility: Visibility;
  /** Asks for the heads of the room on screen, or of all rooms. */
  beat(scope: "screen" | "all"): void;
  /** Tells the server whether anybody looks. */
  hide(isHidden: boolean): void;
}

const SCREEN_MS = 60_000;
const ALL_MS = 5 * 60_000;
const HIDDEN_AFTER_MS = 60_000;

/** Repairs what pushes lost: a page asks in intervals, and when somebody comes back to it. */
export class Heartbeat {
  #screen: Cancel | null = null;
  #all: Cancel | null = null;
  #hiding: Cancel | null = null;
  #isHidden = false;
  #stopVisibility: Cancel | null = null;

  constructor(private readonly ports: HeartbeatPorts) {}

  start(): void {
    if (this.#stopVisibility) return;
    this.#stopVisibility = this.ports.visibility.onChange(() => this.#looked());
    if (this.ports.visibility.isHidden()) this.#looked();
    this.#schedule();
  }

  stop(): void {
    this.#stopVisibility?.();
    this.#stopVisibility = null;
    for (const cancel of [this.#screen, this.#all, this.#hiding]) cancel?.();
    this.#screen = this.#all = this.#hiding = null;
  }

  /** A new connection has not heard yet that nobody looks. */
  onReady(): void {
    if (this.#isHidden) this.ports.hide(true);
  }

  #schedule(): void {
    const { clock } = this.ports;
    const onScreen = (): void => {
      if (!this.#isHidden) this.ports.beat("screen");
      this.#screen = clock.after(SCREEN_MS, onScreen);
    };
    const onAll = (): void => {
      this.ports.beat("all");
      this.#all = clock.after(ALL_MS, onAll);
    };
    this.#screen = clock.after(SCREEN_MS, onScreen);
    this.#all = clock.after(ALL_MS, onAll);
  }

  #looked(): void {
    if (this.ports.visibility.isHidden()) {
      this.#hiding ??= this.ports.clock.after(HIDDEN_AFTER_MS, () => this.#setHidden(true));
      return;
    }
    this.#hiding?.();
    this.#hiding = null;
    this.#setHidden(false);
    this.ports.beat("all");
  }

  #setHidden(isHidden: boolean): void {
    if (isHidden === this.#isHidden) return;
    this.#isHidden = isHidden;
    this.ports.hide(isHidden);
  }
}
