// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render, type VNode } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Entry } from "../protocol/frames.ts";
import { newState, reduce, type AppEvent, type AppState, type PresentUser } from "../state/app.ts";
import { roomAt, type RoomState } from "../state/room.ts";
import type * as Avatars from "./avatar.tsx";
import type * as Composers from "./composer.tsx";
import { PageProvider, type Page } from "./page.ts";
import type * as Routes from "./route.ts";
import { Shell } from "./shell.tsx";

/** The rooms of the list, the people and the composer that were drawn, in order. */
const drawn = vi.hoisted(() => [] as string[]);
vi.mock("./route.ts", async (original) => {
  const module = await original<typeof Routes>();
  return { ...module, hrefOf: (room: string): string => {
    drawn.push(room);
    return module.hrefOf(room);
  } };
});
vi.mock("./avatar.tsx", async (original) => {
  const { Avatar } = await original<typeof Avatars>();
  return { Avatar: (props: Parameters<typeof Avatar>[0]): VNode => {
    drawn.push(props.user);
    return Avatar(props);
  } };
});
vi.mock("./composer.tsx", async (original) => {
  const module = await original<typeof Composers>();
  return { ...module, Composer: (props: Parameters<typeof module.Composer>[0]): VNode => {
    drawn.push("composer");
    return module.Composer(props);
  } };
});

const USERS = ["ann", "bo", "me"];

function roomOf(id: string): RoomState {
  const members = new Map(USERS.map((user) => [user, { user, role: "member" as const, asOf: 1 }]));
  return { ...roomAt(id, "me", "5.x"), title: id, role: "member", before: 0, members };
}

function post(text: string): Entry {
  return { seq: 6, cursor: "6.y", at: 1_700_000_000_000, author: "ann", id: "y", posts: 1, alls: 0, kind: "posted", text };
}

function presence(...hidden: readonly string[]): AppEvent {
  const users = USERS.map((user): PresentUser => ({ user, name: user, isHidden: hidden.includes(user) }));
  return { type: "presence", room: "r0", presence: { users, total: users.length } };
}

let place: HTMLElement;

/** Shows room r0 of three, with its people beside it. */
async function setUp() {
  const rooms = new Map(["r0", "r1", "r2"].map((id) => [id, roomOf(id)]));
  const state = signal<AppState>({ ...newState("me"), isListed: true, connection: "connected", rooms });
  const nothing = (): void => undefined;
  const history = { loadOlder: nothing, letGo: nothing };
  const maru = { open: nothing, typing: nothing, askPresence: nothing, read: nothing, history };
  const page = { maru, state, session: { name: "me" } } as unknown as Page;
  await act(() => render(<PageProvider value={page}><Shell /></PageProvider>, place));
  await act(() => [...place.querySelectorAll("button")].find((button) => button.textContent === "People")?.click());
  const happens = async (event: AppEvent): Promise<void> => {
    drawn.length = 0;
    await act(() => void (state.value = reduce(state.value, event)));
  };
  await happens(presence());
  return { happens };
}

beforeEach(() => {
  location.hash = "#/rooms/r0";
  window.dispatchEvent(new Event("hashchange"));
  place = document.createElement("div");
  document.body.append(place);
});
afterEach(() => {
  render(null, place);
  place.remove();
});

describe("Shell", () => {
  it("draws neither the open room nor other rooms of the list when a message arrives in another room", async () => {
    const { happens } = await setUp();
    await happens({ type: "entries", room: "r1", entries: [post("hello")], names: new Map() });
    expect(drawn).toEqual(["r1"]);
    expect(place.querySelector('a[href$="r1"]')?.textContent).toContain("1");
  });

  it("draws no member when a message arrives in the open room", async () => {
    const { happens } = await setUp();
    await happens({ type: "entries", room: "r0", entries: [{ ...post("hello"), author: "bo" }], names: new Map() });
    expect(drawn.filter((what) => what !== "bo")).toEqual(["r0", "composer"]);
    expect(drawn.filter((what) => what === "bo")).toHaveLength(1); // beside the message
  });

  it("draws neither rooms nor members when somebody types", async () => {
    const { happens } = await setUp();
    await happens({ type: "typing", room: "r0", user: "ann", name: "ann", until: Date.now() + 60_000 });
    expect(place.querySelector(".typing")?.textContent).toContain("ann");
    expect(drawn).toEqual([]);
  });

  it("draws only the member whose presence changed", async () => {
    const { happens } = await setUp();
    await happens(presence("bo"));
    expect(drawn).toEqual(["bo"]);
  });

  it("draws only the composer when the reader types", async () => {
    await setUp();
    drawn.length = 0;
    const field = place.querySelector("textarea") as HTMLTextAreaElement;
    await act(() => {
      field.value = "h";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(drawn).toEqual(["composer"]);
  });
});
