// @vitest-environment happy-dom
import { render } from "preact";
import { expect, it } from "vitest";
import { Banned } from "./banned.tsx";
import { language } from "./page.ts";
import { texts, type Language } from "./text.ts";

it.each(Object.keys(texts) as Language[])("tells banned users that they are, and lets them sign out: %s", (spoken) => {
  language.value = spoken;
  const place = document.createElement("div");
  let signedOut = 0;
  render(<Banned signOut={() => void signedOut++} />, place);
  expect(place.querySelector("h1")?.textContent).toBe(texts[spoken].banned);
  const buttons = [...place.querySelectorAll("button")];
  buttons.find((button) => button.textContent === texts[spoken].signOut)?.click();
  expect(signedOut).toBe(1);
});
