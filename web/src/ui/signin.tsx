import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { LanguageSwitch } from "./language.tsx";
import { troubleOf, useText } from "./page.ts";
import { Redeem } from "./redeem.tsx";
import { goTo, route } from "./route.ts";

interface SignInProps {
  readonly signIn: (name: string) => Promise<void>;
  /** Signs in as the user who made the code on another device. */
  readonly redeem: (code: string) => Promise<void>;
}

/** Asks for a name, or for the code of another device. */
export function SignIn({ signIn, redeem }: SignInProps): VNode {
  const [isLinking, setLinking] = useState(false);
  const { device } = route.value;
  const back = (): void => {
    setLinking(false);
    if (device) goTo(null);
  };
  if (isLinking || device) return <Redeem key={device} redeem={redeem} back={back} />;
  return <NameForm signIn={signIn} link={() => setLinking(true)} />;
}

function NameForm({ signIn, link }: { readonly signIn: SignInProps["signIn"]; readonly link: () => void }): VNode {
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
        <button type="button" class="plain welcome-link" onClick={link}>{text.haveCode}</button>
      </form>
      <LanguageSwitch />
    </main>
  );
}
