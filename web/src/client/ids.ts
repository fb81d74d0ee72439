/** Returns random bytes; browsers have crypto.getRandomValues even on pages without https. */
export type RandomBytes = (count: number) => Uint8Array;

export const browserBytes: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

/** A random UUID (RFC 9562, version 4). */
export function newUUID(random: RandomBytes): string {
  const bytes = random(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
