import { describe, expect, it } from "vitest";
import { setName, setRole, type Members, type Names } from "../state/member.ts";
import { roomAt } from "../state/room.ts";
import { mentionedIn } from "./mention.ts";

function roomOf(names: Readonly<Record<string, string>>) {
  let members: Members = new Map();
  let known: Names = new Map();
  for (const [user, name] of Object.entries(names)) {
    members = setRole(members, user, "member", 1);
    known = setName(known, user, name, 1);
  }
  return { ...roomAt("r", "me"), members, names: known };
}

const ROOM = roomOf({ me: "Me", u1: "김민", u2: "김민수", u3: "Ann Lee", u4: "Ann Lee" });

describe("mentionedIn", () => {
  it.each([
    ["안녕 @김민수님, 봤어요?", ["u2"]],
    ["@김민 @김민수", ["u1", "u2"]],
    ["@Ann Lee both", ["u3", "u4"]],
    ["mail@김 and @nobody", []],
    ["@Me", []],
  ])("of %s are %j", (text, mentions) => {
    expect([...mentionedIn(text, ROOM).mentions].sort()).toEqual(mentions);
  });

  it.each(["@all lunch", "@모두 점심"])("knows that %s is for everybody", (text) => {
    expect(mentionedIn(text, ROOM)).toEqual({ mentions: [], all: true });
  });
});
