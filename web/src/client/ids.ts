/** Returns random bytes; browsers have crypto.getRandomValues even on pages without https. */
export type RandomBytes = (count: number) => Uint8Array;

export const browserBytes: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

/**
 * A new UUID (RFC 9562, version 7): the time in milliseconds, then 74 random bits. Ids that rise with time are cheap to
 * store: a store finds the newest together, in the last pages of its index.
 */
export function newUUID(now: number, random: RandomBytes): string {
  const bytes = random(16);
  for (let i = 5, rest = now; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
