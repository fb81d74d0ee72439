import type { VNode } from "preact";
import { chooseLanguage, language } from "./page.ts";
import { texts } from "./text.ts";

/** Offers the other language, in that language. */
export function LanguageSwitch(): VNode {
  const other = language.value === "ko" ? "en" : "ko";
  return (
    <button type="button" class="plain" lang={other} onClick={() => chooseLanguage(other)}>
      {texts[other].language}
    </button>
  );
}
