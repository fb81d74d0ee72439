export type Cancel = () => void;

/** Time, as far as the client needs it: tests move it by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs the task once, after so many milliseconds, unless cancelled. */
  after(ms: number, task: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Numbers from 0 up to, not including, 1. */
export type Random = () => number;

const BASE_MS = 500;
const CAP_MS = 15_000;

/** Exponential backoff with full jitter, so that clients that fail together do not come back together. */
export function backoff(failures: number, random: Random): number {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures, 16));
}
