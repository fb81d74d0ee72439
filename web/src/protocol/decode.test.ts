import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeMessage, decodeServerFrame, encode } from "./decode.ts";
import type { ClientFrame } from "./frames.ts";
import { frames } from "./shapes.ts";

const folder = new URL("../../../api/examples/", import.meta.url);

function examples(): { label: string; frame: Record<string, unknown> }[] {
  return readdirSync(folder).map((file) => ({
    label: file.replace(/\.json$/, ""),
    frame: JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Record<string, unknown>,
  }));
}

const server = examples().filter(({ frame }) => "type" in frame);
const client = examples().filter(({ frame }) => "action" in frame);

describe("decodeServerFrame", () => {
  it("knows exactly the frames that have an example", () => {
    expect(server.map(({ label }) => label).toSorted()).toEqual(Object.keys(frames).toSorted());
  });

  it.each(server)("reads the example of $label whole", ({ label, frame }) => {
    const read = decodeServerFrame(JSON.stringify(frame));
    expect(read.type).toBe(label);
    expect(read).toEqual(frame);
  });

  it.each(server)("refuses a $label that lacks a field it must have", ({ label, frame }) => {
    const shape = frames[label] ?? {};
    for (const [field, spec] of Object.entries(shape).filter(([, s]) => !s.endsWith("?"))) {
      const { [field]: _, ...rest } = frame;
      expect(decodeServerFrame(JSON.stringify(rest)), `${field}: ${spec}`).toEqual({ type: "unknown", name: label, problem: field });
      expect(decodeServerFrame(JSON.stringify({ ...frame, [field]: null }))).toMatchObject({ type: "unknown", problem: field });
    }
  });

  it("ignores fields that it does not know", () => {
    expect(decodeServerFrame('{"type":"room.lost","room":"r","later":{}}')).toMatchObject({ type: "room.lost", room: "r" });
  });

  it("passes entries of a kind that it does not know, for their place in the log", () => {
    const entry = { seq: 1, cursor: "1.00000000", at: 1, author: "u", id: "e", kind: "later", posts: 0, alls: 0 };
    expect(decodeServerFrame(JSON.stringify({ type: "entry.appended", room: "r", entry }))).toMatchObject({ entry });
  });

  it("names the field inside an entry that its kind must have", () => {
    const entry = { seq: 1, cursor: "1.00000000", at: 1, author: "u", id: "e", kind: "deleted", posts: 0, alls: 0 };
    expect(decodeServerFrame(JSON.stringify({ type: "entry.appended", room: "r", entry }))).toEqual({
      type: "unknown",
      name: "entry.appended",
      problem: "entry.post",
    });
  });

  it.each([
    ["", "json"],
    ["null", "json"],
    ["[]", "json"],
    ["{", "json"],
    ["{}", "type"],
    ['{"type":1}', "type"],
    ['{"type":"later.happened"}', "type"],
    ['{"type":"toString"}', "type"],
    ['{"type":"__proto__"}', "type"],
    ['{"type":"entries.listed","room":"r","entries":{},"cursor":"0","more":false,"names":{}}', "entries"],
    ['{"type":"entries.listed","room":"r","entries":[],"cursor":"0","more":false,"names":{"u":1}}', "names"],
  ])("makes an unknown of %s", (line, problem) => {
    expect(decodeServerFrame(line)).toMatchObject({ type: "unknown", problem });
  });
});

describe("decodeMessage", () => {
  it("reads one frame a line, in order", () => {
    const message = '{"type":"room.gained","room":"a"}\n\n{"type":"room.lost","room":"b"}\n';
    expect(decodeMessage(message).map((frame) => frame.type)).toEqual(["room.gained", "room.lost"]);
  });
});

describe("encode", () => {
  it.each(client)("writes the example of $label on one line", ({ frame }) => {
    const line = encode(frame as unknown as ClientFrame);
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual(frame);
  });
});
