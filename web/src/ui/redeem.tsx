import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { LanguageSwitch } from "./language.tsx";
import { troubleOf, useText } from "./page.ts";
import { route } from "./route.ts";

interface RedeemProps {
  readonly redeem: (code: string) => Promise<void>;
  readonly back: () => void;
}

/** Asks for the code that another device has made; a link fills it in. */
export function Redeem({ redeem, back }: RedeemProps): VNode {
  const text = useText();
  const [code, setCode] = useState(route.value.device ?? "");
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (code.trim() === "" || isBusy) return;
    setBusy(true);
    try {
      await redeem(code.trim());
    } catch (error) {
      setTrouble(troubleOf(error, text));
      setBusy(false);
    }
  };
  return (
    <main class="welcome">
      <form class="welcome-card" onSubmit={(event) => void submit(event)}>
        <img class="welcome-mark" src="icon.svg" alt="" width="56" height="56" />
        <h1 class="welcome-word">{text.haveCode}</h1>
        <label class="field">
          {text.codeField}
          <input
            type="text" autocomplete="one-time-code" autocapitalize="off" spellcheck={false} required autofocus class="code"
            value={code} onInput={(event) => setCode(event.currentTarget.value)}
          />
        </label>
        <p class="quiet small">{text.codeHint}</p>
        {trouble && <p class="trouble" role="alert">{trouble}</p>}
        <button type="submit" class="primary" disabled={isBusy}>{text.continueHere}</button>
        <button type="button" class="plain welcome-link" onClick={back}>{text.newHere}</button>
      </form>
      <LanguageSwitch />
    </main>
  );
}
