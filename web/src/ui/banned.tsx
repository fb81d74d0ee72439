import type { VNode } from "preact";
import { LanguageSwitch } from "./language.tsx";
import { useText } from "./page.ts";

/** What a banned user sees: that they are banned, and a button to sign out. */
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
