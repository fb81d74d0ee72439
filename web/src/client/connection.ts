import type { ConnectionStatus, Refusal } from "../state/app.ts";
import type { Visibility } from "./heartbeat.ts";
import { backoff, type Cancel, type Clock, type Random } from "./clock.ts";
import type { ClientFrame, ServerFrame } from "../protocol/frames.ts";
import { Link, LOST, type Answer, type OpenSocket } from "./link.ts";

export type SessionCheck = "valid" | "unreachable" | Refusal;

/** What surrounds a connection. Tests give their own. */
export interface ConnectionPorts {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly online: Online;
  readonly visibility: Visibility;
  readonly socketURL: string;
  token(): string;
  checkSession(): Promise<SessionCheck>;
}

/** Whether the browser believes that there is a network. It may be wrong either way. */
export interface Online {
  isOnline(): boolean;
  onChange(listener: () => void): Cancel;
}

export interface ConnectionEvents {
  status(status: ConnectionStatus): void;
  /** A new link is open: joins every room on it. It is used once that has resolved. */
  greet(link: Link): Promise<unknown>;
  /** All rooms are joined on a link that is now in use. */
  ready(): void;
  frame(frame: ServerFrame): void;
}

/** After this many failed opens the client checks whether its session is still valid. */
const FAILURES_BEFORE_CHECK = 2;
/** API Gateway closes every connection after two hours: the next one is opened and joined before that. */
const LIFETIME_MS = 110 * 60_000;
const LIFETIME_JITTER_MS = 5 * 60_000;

/**
 * Keeps one WebSocket for all rooms. Before a planned close it opens the next
 * one, joins the rooms there, and only then retires the old one. Entries that
 * both deliver are deduplicated by seq.
 */
export class Connection {
  #current: Link | null = null;
  #opening: Link | null = null;
  #retry: Cancel | null = null;
  #lifetime: Cancel | null = null;
  #stopOnline: Cancel | null = null;
  /** Set while the page is hidden and the server has closed its idle connection. */
  #rest: Cancel | null = null;
  #failures = 0;
  #isStopped = true;
  #status: ConnectionStatus = "connecting";

  constructor(private readonly ports: ConnectionPorts, private readonly events: ConnectionEvents) {}

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#stopOnline = this.ports.online.onChange(() => this.#onlineChanged());
    this.#open();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopOnline?.();
    this.#retry?.();
    this.#lifetime?.();
    this.#rest?.();
    this.#retry = this.#lifetime = this.#stopOnline = this.#rest = null;
    this.#opening?.close();
    this.#current?.close();
  }

  get isReady(): boolean {
    return this.#current?.isOpen ?? false;
  }

  tell(frame: ClientFrame): void {
    this.#current?.tell(frame);
  }

  ask(frame: ClientFrame): Promise<Answer> {
    return this.#current?.ask(frame) ?? Promise.resolve(LOST);
  }

  /** Sends several frames in one message: API Gateway bills messages. */
  askAll(frames: readonly ClientFrame[]): void {
    if (frames.length > 0) this.#current?.askAll(frames);
  }

  /** Connects now instead of waiting for the next attempt: the user is back, or has something to send. */
  hurry(): void {
    if (this.#opening || (this.#current && !this.#rest)) return;
    this.#open();
  }

  /** Reconnects a hidden page that rests, because it has something to send. */
  wake(): void {
    if (this.#rest) this.#open();
  }

  #open(): void {
    this.#retry?.();
    this.#rest?.();
    this.#retry = this.#rest = null;
    if (this.#isStopped || this.#opening) return;
    const { openSocket, socketURL, clock } = this.ports;
    this.#opening = new Link(openSocket, socketURL, this.ports.token(), clock, {
      opened: (link) => void this.#greet(link),
      frame: (frame, link) => this.#frame(frame, link),
      closed: (link) => this.#closed(link),
    });
  }

  async #greet(link: Link): Promise<void> {
    await this.events.greet(link);
    if (link !== this.#opening || !link.isOpen) return;
    this.#failures = 0;
    this.#opening = null;
    const old = this.#current;
    this.#current = link;
    old?.retire();
    this.#lifetime?.();
    const life = LIFETIME_MS - this.ports.random() * LIFETIME_JITTER_MS;
    this.#lifetime = this.ports.clock.after(life, () => this.#open());
    this.#setStatus("connected");
    this.events.ready();
  }

  #frame(frame: ServerFrame, link: Link): void {
    if (frame.type === "connection.closing") this.#closing(frame, link);
    if (frame.type === "error" && frame.code === "unauthenticated" && link === this.#current) void this.#renew();
    this.events.frame(frame);
  }

  #closing(frame: Extract<ServerFrame, { type: "connection.closing" }>, link: Link): void {
    if (frame.reason === "signed_out") {
      void this.#check();
    } else if (link === this.#current && !this.#opening) {
      if (frame.reason === "idle" && this.ports.visibility.isHidden()) return this.#waitForLook();
      this.#retry?.();
      const wait = (frame.reconnect_after_ms ?? 0) + backoff(0, this.ports.random);
      this.#retry = this.ports.clock.after(wait, () => this.#open());
    }
  }

  #waitForLook(): void {
    const { visibility } = this.ports;
    this.#lifetime?.();
    this.#rest?.();
    this.#rest = visibility.onChange(() => {
      if (!visibility.isHidden()) this.#open();
    });
  }

  #closed(link: Link): void {
    const wasCurrent = link === this.#current;
    if (wasCurrent) this.#current = null;
    if (link === this.#opening) {
      this.#opening = null;
      this.#failures += 1;
    } else if (!wasCurrent || this.#retry || this.#opening || this.#rest) {
      this.#showLoss();
      return;
    }
    void this.#recover();
  }

  async #recover(): Promise<void> {
    this.#showLoss();
    if (this.#isStopped) return;
    if (this.#failures >= FAILURES_BEFORE_CHECK && this.#failures % 2 === 0 && !(await this.#check())) return;
    if (this.#isStopped || this.#opening) return;
    this.#retry?.();
    // An offline browser may still reach a server on this machine, so keep trying, but less often.
    const failures = this.ports.online.isOnline() ? this.#failures : Math.max(this.#failures, 5);
    this.#retry = this.ports.clock.after(backoff(failures, this.ports.random), () => this.#open());
  }

  /** The token of this link has expired: opens the next link with a new one. */
  async #renew(): Promise<void> {
    if (await this.#check()) this.#open();
  }

  /** Checks the session and reports whether to go on trying. */
  async #check(): Promise<boolean> {
    const found = await this.ports.checkSession();
    if (found === "valid" || found === "unreachable") return true;
    this.stop();
    this.#setStatus(found);
    return false;
  }

  #showLoss(): void {
    if (this.#current || this.#isStopped) return;
    const isOffline = !this.ports.online.isOnline() || this.#failures >= FAILURES_BEFORE_CHECK;
    this.#setStatus(isOffline ? "offline" : "connecting");
  }

  #onlineChanged(): void {
    if (this.ports.online.isOnline()) {
      this.#failures = Math.min(this.#failures, 1);
      if (!this.#rest) this.hurry();
    } else {
      // A socket does not notice that its network is gone. Requests without an answer are repeated on the next one.
      this.#current?.close();
    }
    this.#showLoss();
  }

  #setStatus(status: ConnectionStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.events.status(status);
  }
}
