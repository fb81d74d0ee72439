import type { VNode } from "preact";
import { LanguageSwitch } from "./language.tsx";
import { useText } from "./page.ts";

/** All that is left to somebody whom an operator banned: to know it, and to sign out. */
export function Banned({ signOut }: { readonly signOut: () => void }): VNode {
  const text = useText();
  return (
    <main class="welcome">
      <div class="welcome-card">
        <img class="welcome-mark" src="icon.svg" alt="" width="56" height="56" />
        <h1 class="welcome-word">{text.banned}</h1>
        <p class="quiet">{text.bannedHint}</p>
        <button type="button" onClick={signOut}>{text.signOut}</button>
      </div>
      <LanguageSwitch />
    </main>
  );
}
