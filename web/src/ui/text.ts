import { en, type Text } from "./english.ts";
import { ko } from "./korean.ts";

export type { Text } from "./english.ts";
export type Language = "en" | "ko";

export const texts: Readonly<Record<Language, Text>> = { en, ko };

/** Returns Korean for browsers that prefer it to English, and English for all others. */
export function preferredLanguage(languages: readonly string[]): Language {
  const known = languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === "ko" || tag === "en");
  return known === "ko" ? "ko" : "en";
}
