import type { Cancel, Clock } from "./clock.ts";
import { decodeMessage, encode, type Unknown } from "../protocol/decode.ts";
import type { ClientFrame, ServerFrame } from "../protocol/frames.ts";

/** What a link needs of a WebSocket. */
export interface Socket {
  send(message: string): void;
  close(): void;
}

export interface SocketEvents {
  opened(): void;
  message(text: string): void;
  /** Called once, whatever ended the socket. */
  closed(): void;
}

export type OpenSocket = (url: string, protocols: readonly string[], events: SocketEvents) => Socket;

export interface LinkEvents {
  opened(link: Link): void;
  frame(frame: ServerFrame, link: Link): void;
  closed(link: Link): void;
}

/** The answer to a frame whose link was lost: what it asked for may or may not have happened. */
export const LOST = null;
export type Answer = ServerFrame | typeof LOST;

/** The longest wait for the next answer while one is due. Pushes do not extend it. */
const SILENCE_MS = 15_000;
/** How long a socket may take to open. */
const OPENING_MS = 15_000;
/** Bounds of one message, in bytes and frames; the server accepts 32 KiB and 128 frames. */
const MAX_MESSAGE = 30_000;
const MAX_FRAMES = 100;

/** One WebSocket from its opening to its end: frames out, frames and answers in. */
export class Link {
  readonly #socket: Socket;
  readonly #due = new Map<string, (answer: Answer) => void>();
  #watchdog: Cancel | null = null;
  #isOpen = false;
  #isClosed = false;
  #isRetired = false;
  #refs = 0;

  constructor(
    open: OpenSocket, url: string, token: string,
    private readonly clock: Clock,
    private readonly events: LinkEvents,
  ) {
    this.#watchdog = clock.after(OPENING_MS, () => this.close());
    this.#socket = open(url, ["maru.v1", `bearer.${token}`], {
      opened: () => this.#opened(),
      message: (text) => this.#message(text),
      closed: () => this.#ended(),
    });
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed;
  }

  /** Sends a frame that gets no answer. */
  tell(frame: ClientFrame): void {
    if (this.isOpen) this.#socket.send(encode(frame));
  }

  ask(frame: ClientFrame): Promise<Answer> {
    return this.askAll([frame])[0] ?? Promise.resolve(LOST);
  }

  /** Sends frames in as few messages as possible; each gets an answer, or LOST. */
  askAll(frames: readonly ClientFrame[]): Promise<Answer>[] {
    if (!this.isOpen) return frames.map(() => Promise.resolve(LOST));
    const asked = frames.map((frame) => {
      const ref = String(++this.#refs);
      const answer = new Promise<Answer>((resolve) => this.#due.set(ref, resolve));
      return { line: encode({ ...frame, ref }), answer };
    });
    for (const message of messagesOf(asked.map((a) => a.line))) this.#socket.send(message);
    this.#watch();
    return asked.map((a) => a.answer);
  }

  /** Closes as soon as no answer is due. */
  retire(): void {
    this.#isRetired = true;
    if (this.#due.size === 0) this.close();
  }

  close(): void {
    this.#socket.close();
    this.#ended();
  }

  #opened(): void {
    if (this.#isClosed) return;
    this.#rest();
    this.#isOpen = true;
    this.events.opened(this);
  }

  #message(text: string): void {
    if (this.#isClosed) return;
    for (const frame of decodeMessage(text)) {
      // Frames of a newer server are ignored.
      if (frame.type !== "unknown") this.#take(frame);
      else if (isFailure(frame)) this.#fail();
    }
    if (this.#isRetired && this.#due.size === 0) this.close();
    else this.#watch();
  }

  /** One of the answers that are due will not come, and it is unknown which: all fail. An answer that comes later is still taken as a frame. */
  #fail(): void {
    this.#rest();
    for (const [ref, answer] of this.#due) answer({ type: "error", ref, code: "internal", message: "" });
    this.#due.clear();
  }

  #take(frame: ServerFrame): void {
    this.events.frame(frame, this);
    const ref = "ref" in frame ? frame.ref : undefined;
    const answer = ref === undefined ? undefined : this.#due.get(ref);
    if (ref === undefined || !answer) return;
    this.#rest();
    this.#due.delete(ref);
    answer(frame);
  }

  #ended(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#rest();
    for (const answer of this.#due.values()) answer(LOST);
    this.#due.clear();
    this.events.closed(this);
  }

  /** Closes the link after a long silence while an answer is due. */
  #watch(): void {
    if (this.#due.size > 0) this.#watchdog ??= this.clock.after(SILENCE_MS, () => this.close());
  }

  #rest(): void {
    this.#watchdog?.();
    this.#watchdog = null;
  }
}

/** Whether this is API Gateway reporting that a function failed: an object without a type. */
function isFailure({ name, problem }: Unknown): boolean {
  return name === "" && problem === "type";
}

function* messagesOf(lines: readonly string[]): Generator<string> {
  let batch: string[] = [];
  let size = 0;
  for (const line of lines) {
    const bytes = new TextEncoder().encode(line).length + 1;
    if (batch.length > 0 && (size + bytes > MAX_MESSAGE || batch.length >= MAX_FRAMES)) {
      yield batch.join("\n");
      batch = [];
      size = 0;
    }
    batch.push(line);
    size += bytes;
  }
  if (batch.length > 0) yield batch.join("\n");
}
