import { expect, test } from "vitest";
import { newUUID } from "./ids.ts";

const ones = (count: number): Uint8Array => new Uint8Array(count).fill(0xff);
const zeros = (count: number): Uint8Array => new Uint8Array(count);

test("an id is the example of RFC 9562, appendix A.6", () => {
  const random = (): Uint8Array => Uint8Array.from([0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(newUUID(Date.UTC(2022, 1, 22, 19, 22, 22), random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("ids rise with the clock, whatever is random in them", () => {
  let last = "";
  for (const now of [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, Date.UTC(2026, 10, 23), 2 ** 48 - 1]) {
    expect(newUUID(now, zeros) > last).toBe(true);
    last = newUUID(now, ones);
    expect(last).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
