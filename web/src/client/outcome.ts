import type { Code, ServerFrame } from "../protocol/frames.ts";
import type { Progress } from "../state/outgoing.ts";
import { LOST, type Answer } from "./link.ts";

/** What an answer to a change means for it. */
export type Outcome =
  | { readonly type: "settled"; readonly progress: Progress }
  | { readonly type: "again"; readonly afterMS: number }
  /** An internal error, which may happen each time. */
  | { readonly type: "fault"; readonly afterMS: number }
  /** `since` is too old: the room must be read from there first. */
  | { readonly type: "stale" }
  /** It is unknown whether the change was written: it is sent again on the next connection. */
  | { readonly type: "undecided" };

type Meaning = "failed" | "stale" | "again" | "fault" | "undecided";

/** A final refusal means that the change is not in the log: an earlier copy would have been found first. */
const MEANINGS: Readonly<Record<Code, Meaning>> = {
  invalid: "failed",
  forbidden: "failed",
  not_found: "failed",
  too_large: "failed",
  conflict: "failed",
  stale: "stale",
  rate_limited: "again",
  unavailable: "again",
  internal: "fault",
  unauthenticated: "undecided",
};

/** Interprets an answer. A wait is what the server asks for, or else what backOff returns. */
export function outcomeOf(answer: Answer, backOff: () => number): Outcome {
  if (answer === LOST) return { type: "undecided" };
  if (answer.type === "ack") return { type: "settled", progress: { step: "sent", seq: answer.seq ?? 0 } };
  if (answer.type !== "error") return { type: "fault", afterMS: backOff() };
  return outcomeOfError(answer, backOff);
}

function outcomeOfError(error: Extract<ServerFrame, { type: "error" }>, backOff: () => number): Outcome {
  const { code, message } = error;
  const meaning = MEANINGS[code] ?? "failed";
  switch (meaning) {
    case "failed":
      return { type: "settled", progress: { step: "failed", code, message } };
    case "again":
    case "fault":
      return { type: meaning, afterMS: error.retry_after_ms ?? backOff() };
    case "stale":
    case "undecided":
      return { type: meaning };
  }
}
