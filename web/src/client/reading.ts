import type { ClientFrame, Cursor, Entry } from "../protocol/frames.ts";
import { LOST, type Answer } from "./link.ts";

/** What came of reading a room from a cursor to its head. */
export type Reading =
  | { readonly type: "found"; readonly seq: number }
  /** Every entry up to the cursor was read, and none was the one looked for. */
  | { readonly type: "absent"; readonly cursor: Cursor }
  /** The room is not to be read by this user. */
  | { readonly type: "unreadable" }
  | { readonly type: "failed" }
  | { readonly type: "lost" };

/** Reads every entry after `since`, strongly consistent, until one is the one looked for. */
export async function readAfter(
  ask: (frame: ClientFrame) => Promise<Answer>, room: string, since: Cursor, isWanted: (entry: Entry) => boolean,
): Promise<Reading> {
  for (let cursor = since; ; ) {
    const answer = await ask({ action: "entries", room, cursor });
    if (answer === LOST) return { type: "lost" };
    if (answer.type !== "entries.listed") {
      const isHidden = answer.type === "error" && (answer.code === "not_found" || answer.code === "forbidden");
      return { type: isHidden ? "unreadable" : "failed" };
    }
    const wanted = answer.entries.find(isWanted);
    if (wanted) return { type: "found", seq: wanted.seq };
    if (!answer.more) return { type: "absent", cursor: answer.cursor };
    // A page that leads nowhere would be read for ever.
    if (answer.cursor === cursor) return { type: "failed" };
    cursor = answer.cursor;
  }
}
