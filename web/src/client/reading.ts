import type { ClientFrame, Code, Cursor, Entry } from "../protocol/frames.ts";
import { LOST, type Answer } from "./link.ts";

/** The result of reading a room from a cursor to its head. */
export type Reading =
  | { readonly type: "found"; readonly seq: number }
  /** Every entry up to the cursor was read, and the one that was looked for is not among them. */
  | { readonly type: "absent"; readonly cursor: Cursor }
  /** This user may not read the room. */
  | { readonly type: "unreadable" }
  | { readonly type: "failed" }
  /** The server had an internal error, or gave an answer that it never should. */
  | { readonly type: "fault" }
  | { readonly type: "lost" };

const REFUSALS: Partial<Record<Code, "unreadable" | "fault">> = { not_found: "unreadable", forbidden: "unreadable", internal: "fault" };

/** Reads every entry after `since`, strongly consistent, until it finds the wanted one. */
export async function readAfter(
  ask: (frame: ClientFrame) => Promise<Answer>, room: string, since: Cursor, isWanted: (entry: Entry) => boolean,
): Promise<Reading> {
  for (let cursor = since; ; ) {
    const answer = await ask({ action: "entries", room, cursor });
    if (answer === LOST) return { type: "lost" };
    if (answer.type === "error") return { type: REFUSALS[answer.code] ?? "failed" };
    if (answer.type !== "entries.listed") return { type: "fault" };
    const wanted = answer.entries.find(isWanted);
    if (wanted) return { type: "found", seq: wanted.seq };
    if (!answer.more) return { type: "absent", cursor: answer.cursor };
    // A page that does not advance the cursor would be read for ever.
    if (answer.cursor === cursor) return { type: "fault" };
    cursor = answer.cursor;
  }
}
