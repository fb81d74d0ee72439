import { expect, it } from "vitest";
import { clockOf, timeOf } from "./when.ts";

const afternoon = new Date(2026, 10, 22, 14, 5).getTime();
const midnight = new Date(2026, 10, 22, 0, 5).getTime();

it.each([
  ["en", afternoon, "2:05", /^2:05\sPM$/],
  // A runtime without Korean says PM.
  ["ko", afternoon, "2:05", /^(오후|PM) 2:05$/],
  ["en", midnight, "12:05", /^12:05\sAM$/],
] as const)("gives the same time beside a message as above it, in %s at %d", (language, at, short, long) => {
  expect(clockOf(at, language)).toBe(short);
  expect(timeOf(at, language)).toMatch(long);
});
