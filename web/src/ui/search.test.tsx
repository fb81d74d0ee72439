// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FoundBody } from "../protocol/bodies.ts";
import { newState } from "../state/app.ts";
import { PageProvider, type Page } from "./page.ts";
import { SearchDialog } from "./search.tsx";

beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 10, 22, 12) }));
afterEach(() => void vi.useRealTimers());

const post = { seq: 7, cursor: "7.a", at: 1_700_000_000_000, author: "you", id: "x", posts: 1, alls: 0, kind: "posted", text: "오늘 점심은?" } as const;

async function searchFor(words: string, pages: readonly FoundBody[], canJump = true) {
  const asked: string[] = [];
  const closed = vi.fn();
  const search = async (wanted: string, _room: string, before: string): Promise<FoundBody> => {
    asked.push(`${wanted} ${before}`);
    return pages[asked.length - 1] as FoundBody;
  };
  const page = { api: { search }, maru: { history: { jumpTo: async () => canJump } }, state: signal(newState("me")) } as unknown as Page;
  const place = document.createElement("div");
  await act(() => render(<PageProvider value={page}><SearchDialog room={null} close={closed} /></PageProvider>, place));
  const field = place.querySelector("input") as HTMLInputElement;
  await act(() => {
    field.value = words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await act(async () => void (await vi.advanceTimersByTimeAsync(1_000)));
  const press = (name: RegExp) => act(async () => {
    [...place.querySelectorAll("button")].find((button) => name.test(button.textContent ?? ""))?.click();
    await vi.advanceTimersByTimeAsync(0);
  });
  return { place, asked, closed, press };
}

it("says how far back it has searched when nothing was found yet, and goes on from there", async () => {
  const back = new Date(2026, 2, 3, 9).getTime();
  const { place, asked, press } = await searchFor("점심", [
    { posts: [], names: {}, next: "n", back },
    { posts: [{ room: "r", post }], names: { r: { you: "대청" } } },
  ]);
  expect(place.textContent).toContain("Searched back to: ");
  expect(place.textContent).toContain("March 3");
  await press(/Search older messages/);
  expect(asked).toEqual(["점심 ", "점심 n"]);
  expect(place.querySelector(".hit")?.textContent).toContain("대청");
  expect(place.querySelector("mark")?.textContent).toBe("점심");
  expect(place.textContent).not.toContain("Searched back to: ");
});

it("says so when a hit cannot be shown", async () => {
  const { place, closed, press } = await searchFor("점심", [{ posts: [{ room: "r", post }], names: {} }], false);
  await press(/오늘/);
  expect(place.querySelector('[role="alert"]')?.textContent).toContain("could not be loaded");
  expect(closed).not.toHaveBeenCalled();
});
