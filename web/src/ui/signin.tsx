import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { LanguageSwitch } from "./language.tsx";
import { troubleOf, useText } from "./page.ts";

/** Asks for nothing but a name. */
export function SignIn({ signIn }: { readonly signIn: (name: string) => Promise<void> }): VNode {
  const text = useText();
  const [name, setName] = useState("");
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = name.trim().normalize("NFC");
    if (wanted === "" || isBusy) return;
    setBusy(true);
    try {
      await signIn(wanted);
    } catch (error) {
      setTrouble(troubleOf(error, text));
      setBusy(false);
    }
  };
  return (
    <main class="welcome">
      <form class="welcome-card" onSubmit={(event) => void submit(event)}>
        <img class="welcome-mark" src="icon.svg" alt="" width="56" height="56" />
        <h1>
          Maru <span lang="ko">마루</span>
        </h1>
        <p class="quiet">{text.tagline}</p>
        <label class="field">
          {text.yourName}
          <input
            type="text" name="name" autocomplete="nickname" maxLength={40} required autofocus
            value={name} onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        {trouble && <p class="trouble" role="alert">{trouble}</p>}
        <button type="submit" class="primary" disabled={isBusy}>{text.start}</button>
        <p class="quiet small">{text.signInHint}</p>
      </form>
      <LanguageSwitch />
    </main>
  );
}
