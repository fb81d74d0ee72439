// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render, type VNode } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Entry } from "../protocol/frames.ts";
import { newState, reduce, type AppEvent, type AppState } from "../state/app.ts";
import type { Post } from "../state/post.ts";
import { roomAt } from "../state/room.ts";
import { editing } from "./editing.ts";
import { pointed } from "./jump.ts";
import type * as Markup from "./markup.tsx";
import { PageProvider, type Page } from "./page.ts";
import { RoomView } from "./room.tsx";
import { texts as dictionaries } from "./text.ts";

/** The texts of the messages that were drawn, in order. */
const drawn = vi.hoisted(() => [] as string[]);
vi.mock("./markup.tsx", async (original) => {
  const { Words } = await original<typeof Markup>();
  return {
    Words: (props: Parameters<typeof Words>[0]): VNode => {
      drawn.push(props.text);
      return Words(props);
    },
  };
});

const FIRST = 541;
const LAST = 600;
const SECOND = 1_000;
const NAMES = ["one", "two", "three", "four"];

/** Authors alternate every two messages; every tenth message replies to the second last one. */
function postAt(seq: number): Post {
  return {
    seq, at: 1_700_000_000_000 + seq * 20 * SECOND, author: `user-${(seq >> 1) % 4}`, id: `e${seq}`, text: `text ${seq}`,
    replyTo: seq % 10 === 0 ? seq - 2 : 0, mentions: seq % 25 === 0 ? ["user-9"] : [], all: false, edited: 0, deleted: 0, reactions: [], reacted: 0,
  };
}

const posts = (from: number, to: number): Post[] => Array.from({ length: to - from + 1 }, (_, i) => postAt(from + i));
const texts = (from: number, to: number): string[] => posts(from, to).map((post) => post.text);

type Written = Entry extends infer E ? (E extends Entry ? Omit<E, "seq" | "cursor" | "at" | "id" | "posts" | "alls"> : never) : never;

const places: Element[] = [];

async function setUp(first = FIRST) {
  const names = new Map(NAMES.map((name, i) => [`user-${i}`, { name, asOf: 1 }]));
  const room = { ...roomAt("r", "user-0", `${LAST}.x`), title: "Floor", role: "member" as const, posts: posts(first, LAST), before: first, names };
  const state = signal<AppState>({ ...newState("user-0"), connection: "connected", rooms: new Map([["r", room]]) });
  const history = { loadOlder: () => undefined, loadNewer: () => undefined, fetchPost: async () => undefined, letGo: () => undefined };
  const page = { maru: { history, read: () => undefined, toLatest: () => undefined }, state } as unknown as Page;
  const place = document.createElement("div");
  document.body.append(place);
  places.push(place);
  function Room(): VNode | null {
    const shown = state.value.rooms.get("r");
    return shown ? <RoomView room={shown} search={() => undefined} /> : null;
  }
  await act(() => render(<PageProvider value={page}><Room /></PageProvider>, place));
  const happens = async (event: AppEvent): Promise<void> => {
    drawn.length = 0;
    await act(() => void (state.value = reduce(state.value, event)));
  };
  let head = LAST;
  const pushed = (written: Written, seconds = 20): Promise<void> => {
    const seq = ++head;
    const at = postAt(LAST).at + (seq - LAST) * seconds * SECOND;
    const entry = { ...written, seq, cursor: `${seq}.x`, at, id: `e${seq}`, posts: seq, alls: 0 } as Entry;
    return happens({ type: "entries", room: "r", entries: [entry], names: new Map() });
  };
  const message = (words: string): HTMLElement => {
    const found = [...place.querySelectorAll("article")].find((article) => article.querySelector(".words")?.textContent === words);
    if (!found) throw new Error(`no message says ${words}`);
    return found;
  };
  return { place, happens, pushed, message };
}

beforeEach(() => {
  drawn.length = 0;
});
afterEach(() => {
  for (const place of places.splice(0)) {
    render(null, place);
    place.remove();
  }
  editing.value = null;
  pointed.value = null;
});

describe("Lines", () => {
  it("draws a pushed message and none of 500 others, under its author's name or within the group", async () => {
    const { pushed, message, place } = await setUp(101);
    expect(drawn).toHaveLength(500);
    const articles = [...place.querySelectorAll("article")];
    await pushed({ kind: "posted", author: "user-3", text: "hello" });
    expect(drawn).toEqual(["hello"]);
    await pushed({ kind: "posted", author: "user-3", text: "again" });
    expect(drawn).toEqual(["again"]);
    await pushed({ kind: "posted", author: "user-3", text: "next day" }, 24 * 60 * 60);
    expect(drawn).toEqual(["next day"]);
    const isGrouped = ["hello", "again", "next day"].map((words) => message(words).classList.contains("grouped"));
    expect(isGrouped).toEqual([false, true, false]);
    expect(message("next day").previousElementSibling?.className).toBe("day");
    const now = [...place.querySelectorAll("article")];
    expect(articles.every((article, i) => article === now[i])).toBe(true);
  }, 30_000);

  it.each<[string, AppEvent]>([
    ["somebody types", { type: "typing", room: "r", user: "user-1", name: "one", until: 2_000_000_000_000 }],
    ["somebody is here", { type: "presence", room: "r", presence: { users: [{ user: "user-1", name: "one", isHidden: false }], total: 1 } }],
    ["the reader has read", { type: "mark", room: "r", mark: { seq: LAST, posts: LAST, alls: 0 } }],
    ["members were read whose names were known", { type: "members", room: "r", list: { members: [{ user: "user-1", name: "two", role: "owner" }], asOf: LAST } }],
    ["a change in another room is sent", {
      type: "outgoing", outgoing: [{ id: "x", room: "other", change: { action: "topic", text: "Soup" }, createdAt: 1, progress: { step: "waiting" } }],
    }],
  ])("draws none when %s", async (_what, event) => {
    const { happens } = await setUp();
    await happens(event);
    expect(drawn).toEqual([]);
  });

  it("draws an edited message and those that quote it", async () => {
    const { pushed } = await setUp();
    await pushed({ kind: "edited", author: "user-0", post: 561, text: "better" });
    expect(drawn).toEqual(["better"]);
    await pushed({ kind: "edited", author: "user-0", post: 568, text: "best" });
    expect(drawn).toEqual(["best", "text 570"]);
  });

  it("draws a message that was reacted to or pinned", async () => {
    const { pushed, message } = await setUp();
    await pushed({ kind: "reaction_set", author: "user-2", post: 580, emoji: "👍" });
    expect(drawn).toEqual(["text 580"]);
    expect(message("text 580").querySelector(".reaction")?.getAttribute("title")).toBe("three");
    await pushed({ kind: "pinned", author: "user-2", post: 581 });
    expect(drawn).toEqual(["text 581"]);
  });

  it("draws the messages that show a name when it changes, or when another member takes the same", async () => {
    const { pushed, message } = await setUp();
    await pushed({ kind: "joined", author: "user-7", user: "user-7", name: "seven", role: "member" });
    expect(drawn).toEqual([]);
    await pushed({ kind: "joined", author: "user-9", user: "user-9", name: "nine", role: "member" });
    expect(drawn).toEqual(posts(FIRST, LAST).filter((post) => post.mentions.length > 0).map((post) => post.text));
    await pushed({ kind: "renamed", author: "user-7", user: "user-7", name: "O N E" });
    expect(drawn).toEqual(posts(FIRST, LAST).filter((post) => post.author === "user-0" || (post.replyTo > 0 && postAt(post.replyTo).author === "user-0")).map((post) => post.text));
    expect(message("text 544").querySelector(".message-head")?.textContent).toContain("#user");
  });

  it("draws older messages above, and of the others only the first, which may have joined a group", async () => {
    const { happens, message } = await setUp();
    expect(message(`text ${FIRST}`).classList.contains("grouped")).toBe(false);
    await happens({ type: "history", room: "r", end: FIRST, names: new Map(), page: { posts: posts(521, 540), before: 521, cursor: `${LAST}.x` } });
    expect(drawn).toEqual(texts(521, FIRST));
    expect(message(`text ${FIRST}`).classList.contains("grouped")).toBe(true);
  });

  it("draws the message that the reader jumps to", async () => {
    await setUp();
    drawn.length = 0;
    await act(() => void (pointed.value = { room: "r", post: 555 }));
    expect(drawn).toEqual(["text 555"]);
    expect(document.activeElement?.className).toContain("lit");
  });

  it("keeps the edit form, its text and its focus when a message is pushed", async () => {
    const { pushed, place } = await setUp();
    drawn.length = 0;
    await act(() => void (editing.value = { room: "r", post: 560 }));
    expect(drawn).toEqual([]);
    const field = place.querySelector<HTMLTextAreaElement>(".edit textarea");
    if (!field) throw new Error("there is no form to edit in");
    expect(document.activeElement).toBe(field);
    field.value = "half a sen";
    await act(() => void field.dispatchEvent(new Event("input", { bubbles: true })));
    await pushed({ kind: "posted", author: "user-3", text: "hello" });
    expect(drawn).toEqual(["hello"]);
    expect(document.activeElement).toBe(field);
    expect(place.querySelector<HTMLTextAreaElement>(".edit textarea")?.value).toBe("half a sen");
    await act(() => void (editing.value = null));
    expect(drawn).toEqual(["hello", "text 560"]);
  });

  it("says of an author of the classic API that nobody verified them", async () => {
    const { pushed, message } = await setUp();
    await pushed({ kind: "posted", author: "c-anyone", text: "from a classic page" });
    await pushed({ kind: "posted", author: "user-1", text: "from this one" });
    const notices = Object.values(dictionaries).map(({ unverified }) => unverified);
    const isToldOf = (words: string): boolean =>
      notices.some((notice) => message(words).querySelector(".message-head")?.textContent.includes(notice));
    expect(["from a classic page", "from this one"].map(isToldOf)).toEqual([true, false]);
  });
});
