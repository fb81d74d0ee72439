// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import { newState, type AppState } from "../state/app.ts";
import type { Outgoing } from "../state/outgoing.ts";
import type { Post } from "../state/post.ts";
import { roomAt, type RoomState } from "../state/room.ts";
import { pointed } from "./jump.ts";
import { PageProvider, type Page } from "./page.ts";
import { Timeline } from "./timeline.tsx";

function postAt(seq: number, text = `text ${seq}`): Post {
  return {
    seq, text, at: 1_700_000_000_000 + seq * 1000, author: seq % 2 ? "me" : "you", id: `e${seq}`, replyTo: 0, mentions: [], all: false,
    edited: 0, deleted: 0, reactions: [], reacted: 0,
  };
}

function roomWith(posts: readonly Post[], before: number): RoomState {
  return { ...roomAt("r", "me", "20.x"), title: "Floor", role: "member", posts, before };
}

function setUp() {
  const state = signal<AppState>({ ...newState("me"), connection: "connected" });
  const asked: string[] = [];
  const letGo: string[] = [];
  const history = {
    loadOlder: async () => void asked.push("older"), loadNewer: async () => void asked.push("newer"), letGo: () => void letGo.push("older"),
  };
  const maru = { history, read: () => undefined, toLatest: () => undefined };
  const page = { maru, state } as unknown as Page;
  const place = document.createElement("div");
  const show = (room: RoomState): void =>
    render(<PageProvider value={page}><Timeline room={room} reply={() => undefined} /></PageProvider>, place);
  const articles = (): HTMLElement[] => [...place.querySelectorAll("article")];
  return { state, show, articles, place, asked, letGo };
}

describe("Timeline", () => {
  it("keeps the elements of messages when older ones are put above them", () => {
    const { show, articles } = setUp();
    show(roomWith([11, 12, 13].map((seq) => postAt(seq)), 11));
    const shown = articles();
    show(roomWith([8, 9, 10, 11, 12, 13].map((seq) => postAt(seq)), 8));
    expect(articles()).toHaveLength(6);
    expect(articles().slice(3)).toEqual(shown);
    expect(articles()[3]).toBe(shown[0]);
  });

  it("keeps the element of the reader's own message when the log has it", () => {
    const { state, show, articles } = setUp();
    const change = { action: "send", text: "text 13", replyTo: 0, mentions: [], all: false } as const;
    const item: Outgoing = { id: "e13", room: "r", change, createdAt: 1_700_000_013_000, progress: { step: "attempted", since: "12.x" } };
    state.value = { ...state.value, outgoing: [item] };
    show(roomWith([11, 12].map((seq) => postAt(seq)), 0));
    expect(articles()).toHaveLength(3);
    expect(articles()[2]?.textContent).toContain("Sending…");
    show(roomWith([11, 12, 13].map((seq) => postAt(seq)), 0));
    expect(articles()).toHaveLength(3);
    expect(articles()[2]?.textContent).not.toContain("Sending…");
  });

  it("stays at the message that the reader jumped to when the newest messages, the last one their own, join it", () => {
    const { show, place } = setUp();
    const posts = (from: number, to: number): Post[] => Array.from({ length: to - from + 1 }, (_, i) => postAt(from + i));
    const stretch = { posts: posts(11, 20), before: 11, after: 21 };
    show(roomWith(posts(31, 41), 31));
    const log = place.querySelector(".timeline") as HTMLElement;
    Object.defineProperties(log, { scrollHeight: { value: 2_000 }, clientHeight: { value: 500 } });
    pointed.value = { room: "r", post: 15 };
    show({ ...roomWith(posts(31, 41), 31), stretch });
    expect(pointed.value).toBeNull();
    log.scrollTop = 300;
    // Written on another device, and not among what is shown.
    show({ ...roomWith(posts(31, 43), 31), stretch });
    expect(log.scrollTop).toBe(300);
    show(roomWith(posts(11, 43), 11));
    expect(log.scrollTop).toBe(300);
    show(roomWith(posts(11, 45), 11));
    expect(log.scrollTop).toBe(2_000);
  });

  it("drops older messages when one is pushed while the reader is at the end, unless one of them is in use", async () => {
    const { show, place, articles, letGo } = setUp();
    document.body.append(place);
    const pushTo = async (last: number): Promise<number> => {
      letGo.length = 0;
      await act(() => show({ ...roomWith([11, last].map((seq) => postAt(seq)), 11), cursor: `${last}.x` }));
      return letGo.length;
    };
    expect(await pushTo(12)).toBe(1);
    articles()[0]?.focus();
    expect(await pushTo(13)).toBe(0);
    place.querySelector<HTMLElement>(".timeline")?.focus();
    expect(await pushTo(14)).toBe(1);
    const words = place.querySelector(".words") as Element;
    document.getSelection()?.selectAllChildren(words);
    expect(await pushTo(15)).toBe(0);
    document.getSelection()?.removeAllRanges();
    expect(await pushTo(16)).toBe(1);
    const log = place.querySelector(".timeline") as HTMLElement;
    Object.defineProperties(log, { scrollHeight: { value: 2_000 }, clientHeight: { value: 500 } });
    log.scrollTop = 300;
    await act(() => void log.dispatchEvent(new Event("scroll")));
    expect(await pushTo(17)).toBe(0);
    render(null, place);
    place.remove();
  });

  it("loads older messages while there are any and the top is near", () => {
    const { show, asked } = setUp();
    show(roomWith([postAt(11)], 0));
    expect(asked).toEqual([]);
    show(roomWith([postAt(11)], 11));
    expect(asked).toContain("older");
  });

  it("says why a message was not sent, and offers to send it again", () => {
    const { state, show, place } = setUp();
    const change = { action: "send", text: "too much", replyTo: 0, mentions: [], all: false } as const;
    const item: Outgoing = { id: "x", room: "r", change, createdAt: 1, progress: { step: "failed", code: "too_large", message: "no" } };
    state.value = { ...state.value, outgoing: [item] };
    show(roomWith([], 0));
    expect(place.querySelector('[role="alert"]')?.textContent).toContain("Not sent: it is too long");
    expect([...place.querySelectorAll("button")].map((b) => b.textContent)).toEqual(["Send again", "Discard"]);
  });

  it("shows a change at which the server failed as not sent, to be sent again unchanged or discarded", () => {
    const { state, show, place } = setUp();
    const change = { action: "send", text: "hello", replyTo: 0, mentions: [], all: false } as const;
    const item: Outgoing = { id: "x", room: "r", change, createdAt: 1, progress: { step: "halted", since: "3.x" } };
    state.value = { ...state.value, outgoing: [item] };
    show(roomWith([], 0));
    expect(place.querySelector('[role="alert"]')?.textContent).toContain("Not sent: the server had an error");
    expect(place.querySelector("textarea")?.readOnly).toBe(true);
    expect([...place.querySelectorAll("button")].map((b) => b.textContent)).toEqual(["Send again", "Discard"]);
  });
});
