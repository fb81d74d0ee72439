import { describe, expect, it } from "vitest";
import { preferredLanguage } from "./text.ts";

describe("preferredLanguage", () => {
  it.each([
    [["ko-KR", "en-US"], "ko"],
    [["ko"], "ko"],
    [["en-GB", "ko"], "en"],
    [["ja", "ko"], "ko"],
    [["fr-FR"], "en"],
    [[], "en"],
  ] as const)("of a browser that prefers %j is %s", (languages, chosen) => {
    expect(preferredLanguage(languages)).toBe(chosen);
  });
});
