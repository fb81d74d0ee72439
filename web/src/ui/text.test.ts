import { describe, expect, it } from "vitest";
import { preferredLanguage, texts } from "./text.ts";

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

it.each(Object.values(texts))("a reaction's name has its visible count as a separate word: $language", (text) => {
  expect(text.reaction("👍", 2)).toMatch(/(^| )2$/);
});
