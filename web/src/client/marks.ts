import type { Cursor } from "../protocol/frames.ts";
import { seqOf } from "../state/cursor.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { Store } from "./store.ts";

/** Marks are sent at most this often. */
const TELL_MS = 3_000;

/** Records how far the reader has read: on this page at once, on the server with a delay. */
export class Marks {
  readonly #untold = new Map<string, Cursor>();
  #timer: Cancel | null = null;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    /** Sends a mark; returns false if there is no connection. */
    private readonly tell: (room: string, cursor: Cursor) => boolean,
  ) {}

  /** Marks everything that the page shows of the room as read. */
  read(id: string): void {
    const room = this.store.state.rooms.get(id);
    if (!room || seqOf(room.cursor) <= room.mark.seq || room.counts.posts <= room.mark.posts) return;
    this.store.dispatch({ type: "mark", room: id, mark: { seq: seqOf(room.cursor), ...room.counts } });
    this.#untold.set(id, room.cursor);
    this.#timer ??= this.clock.after(TELL_MS, () => this.flush());
  }

  flush(): void {
    this.#timer?.();
    this.#timer = null;
    for (const [room, cursor] of this.#untold) {
      if (this.tell(room, cursor)) this.#untold.delete(room);
    }
  }
}
