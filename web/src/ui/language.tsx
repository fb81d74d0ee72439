import type { VNode } from "preact";
import { chooseLanguage, language } from "./page.ts";
import { texts } from "./text.ts";

/** Offers the language that the page does not speak now, in that language. */
export function LanguageSwitch(): VNode {
  const other = language.value === "ko" ? "en" : "ko";
  return (
    <button type="button" class="plain" lang={other} onClick={() => chooseLanguage(other)}>
      {texts[other].language}
    </button>
  );
}
