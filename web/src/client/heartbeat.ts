import type { Cancel, Clock } from "./clock.ts";

/** Whether the page is visible. */
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
  /** Tells the server whether the page is hidden. */
  hide(isHidden: boolean): void;
}

const BEAT_MS = 60_000;
/** One beat in this many asks for all rooms. */
const BEATS_TO_ALL = 5;
const HIDDEN_AFTER_MS = 60_000;

/** Repairs lost pushes: asks at intervals, and when the user comes back to the page. */
export class Heartbeat {
  #next: Cancel | null = null;
  #hiding: Cancel | null = null;
  #isHidden = false;
  #stopVisibility: Cancel | null = null;

  constructor(private readonly ports: HeartbeatPorts) {}

  start(): void {
    if (this.#stopVisibility) return;
    this.#stopVisibility = this.ports.visibility.onChange(() => this.#looked());
    if (this.ports.visibility.isHidden()) this.#looked();
    this.#schedule(1);
  }

  stop(): void {
    this.#stopVisibility?.();
    this.#stopVisibility = null;
    this.#next?.();
    this.#hiding?.();
    this.#next = this.#hiding = null;
  }

  /** Tells a new connection that the page is hidden, if it is. */
  onReady(): void {
    if (this.#isHidden) this.ports.hide(true);
  }

  #schedule(beat: number): void {
    this.#next = this.ports.clock.after(BEAT_MS, () => {
      if (beat % BEATS_TO_ALL === 0) this.ports.beat("all");
      else if (!this.#isHidden) this.ports.beat("screen");
      this.#schedule(beat + 1);
    });
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
