import type { Cursor } from "../protocol/frames.ts";

/** Before entry 1. */
export const START: Cursor = "0";

/** How many entries stand before and at the cursor. */
export function seqOf(cursor: Cursor): number {
  return Number.parseInt(cursor, 10);
}
