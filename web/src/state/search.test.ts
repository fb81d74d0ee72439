import { describe, expect, it } from "vitest";
import { excerptOf, NO_SEARCH, partsOf, searched, type Hit, type Search } from "./search.ts";

function hitAt(at: number, room: string, seq: number): Hit {
  return { room, author: null, post: { seq, at } } as unknown as Hit;
}

const HIT = hitAt(9, "r", 7);

function asked(words: string): Search {
  return searched(NO_SEARCH, { type: "asked", words, room: "" });
}

describe("a search", () => {
  it("drops the answer to an earlier search", () => {
    const now = asked("점심");
    const late = searched(now, { type: "answered", words: "점", room: "", before: "", hits: [HIT], next: "", back: 0 });
    expect(late).toBe(now);
    expect(searched(now, { type: "failed", words: "점", room: "" })).toBe(now);
  });

  it("takes each page once", () => {
    const first = searched(asked("점심"), { type: "answered", words: "점심", room: "", before: "", hits: [HIT], next: "n", back: 5 });
    expect(first).toMatchObject({ step: "answered", next: "n", back: 5 });
    const older = hitAt(8, "r", 6);
    const more = { type: "answered", words: "점심", room: "", before: "n", hits: [older], next: "", back: 0 } as const;
    const both = searched(searched(first, { type: "more" }), more);
    expect(both.hits).toEqual([HIT, older]);
    expect(searched(both, more)).toBe(both);
    expect(searched(both, { type: "more" })).toBe(both);
  });

  it("lists hits newest first and each once, including those of a room that answered late", () => {
    const first = [hitAt(9, "b", 7), hitAt(9, "a", 8), hitAt(5, "a", 3)];
    const late = [hitAt(9, "b", 8), hitAt(7, "c", 1), hitAt(5, "a", 3), hitAt(4, "a", 2)];
    const page = { type: "answered", words: "점심", room: "", back: 0 } as const;
    const one = searched(asked("점심"), { ...page, before: "", hits: first, next: "n" });
    const two = searched(searched(one, { type: "more" }), { ...page, before: "n", hits: late, next: "" });
    const places = two.hits.map(({ room, post }) => `${post.at} ${room} ${post.seq}`);
    expect(places).toEqual(["9 b 8", "9 b 7", "9 a 8", "7 c 1", "5 a 3", "4 a 2"]);
  });

  it("is none without words", () => {
    expect(asked("").step).toBe("idle");
  });
});

describe("what was found", () => {
  it("is marked where it matches, in any case", () => {
    expect(partsOf("오늘 점심은 Noodle?", "noo 점심").filter((part) => part.isFound).map((part) => part.text)).toEqual(["점심", "Noo"]);
    expect(partsOf("a.b", ".").map((part) => part.text)).toEqual(["a", ".", "b"]);
    expect(partsOf("text", "  ")).toEqual([{ text: "text", isFound: false }]);
  });

  it("is cut around the first match", () => {
    const text = `${"가".repeat(300)} 점심 ${"나".repeat(300)}`;
    const excerpt = excerptOf(text, "점심", 90);
    expect(excerpt).toContain("점심");
    expect(excerpt.length).toBeLessThanOrEqual(92);
    expect(excerpt).toMatch(/^….*…$/);
    expect(excerptOf("점심", "점심", 90)).toBe("점심");
  });
});
