// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, it } from "vitest";
import { newState } from "../state/app.ts";
import type { Change, Outgoing } from "../state/outgoing.ts";
import { roomAt } from "../state/room.ts";
import { PageProvider, type Page } from "./page.ts";
import { RoomView } from "./room.tsx";

const room = { ...roomAt("r", "me", "20.x"), title: "Floor", role: "member" as const, topic: "Soup", before: 0 };

function shown(change: Change, step: "waiting" | "failed"): HTMLElement {
  const progress = step === "failed" ? { step, code: "forbidden", message: "no" } : { step };
  const item: Outgoing = { id: "x", room: "r", change, createdAt: 1, progress };
  const state = signal({ ...newState("me"), outgoing: [item] });
  const history = { loadOlder: async () => undefined, fetchPost: async () => undefined, letGo: () => undefined };
  const page = { maru: { history, read: () => undefined }, state } as unknown as Page;
  const place = document.createElement("div");
  render(<PageProvider value={page}><RoomView room={room} search={() => undefined} /></PageProvider>, place);
  return place;
}

it.each([
  [{ action: "topic", text: "Rice" }, "Topic: Not sent: you may not do that here"],
  [{ action: "pin", post: 7 }, "Pin: Not sent: you may not do that here"],
] as const)("says why a change of the room was refused: %j", (change, words) => {
  const place = shown(change, "failed");
  expect(place.querySelector('[role="alert"]')?.textContent).toContain(words);
  expect(place.querySelector(".room-topic")?.textContent).toBe("Soup");
  expect(place.querySelector(".pins")).toBeNull();
});

it("shows a topic and a pin as they will be, before they are written", () => {
  expect(shown({ action: "topic", text: "Rice" }, "waiting").querySelector(".room-topic")?.textContent).toBe("Rice");
  expect(shown({ action: "pin", post: 7 }, "waiting").querySelectorAll(".pin")).toHaveLength(1);
});
