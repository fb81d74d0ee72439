// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, expect, it } from "vitest";
import type { Page } from "./page.ts";
import { PageProvider } from "./page.ts";
import { Dialog } from "./dialog.tsx";

afterEach(() => document.body.replaceChildren());

it("is open as soon as it is drawn, so that no key press goes elsewhere", () => {
  render(<PageProvider value={{} as Page}><Dialog title="Search" close={() => undefined}><input /></Dialog></PageProvider>, document.body);
  expect(document.querySelector("dialog")?.open).toBe(true);
});
