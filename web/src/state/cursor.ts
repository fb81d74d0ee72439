import type { Cursor } from "../protocol/frames.ts";

/** The cursor before entry 1. */
export const START: Cursor = "0";

/** The seq of the entry at the cursor; 0 at START. */
export function seqOf(cursor: Cursor): number {
  return Number.parseInt(cursor, 10);
}
