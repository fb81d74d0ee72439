import { describe, expect, it } from "vitest";
import { seeded } from "../state/testlog.ts";
import { settle, TestClock } from "./testclock.ts";
import { Person, ROOMS, USERS } from "./testperson.ts";
import { TestServer } from "./testserver.ts";

async function inALongRoom() {
  const clock = new TestClock();
  const server = new TestServer(clock, seeded(1), ROOMS, USERS);
  server.historyPage = 50;
  for (let i = 0; i < 200; i++) server.append("r1", "bo", `b${i}`, `line ${i}`);
  for (let i = 0; i < 30; i++) server.append("r2", "bo", `c${i}`, `line ${i}`);
  const ann = new Person("ann", server, clock, seeded(2));
  await clock.advance(1_000);
  ann.maru.open("r1");
  await clock.advance(1_000);
  const lines = (from: number, to: number): readonly string[] => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);
  return { clock, server, ann, history: ann.maru.history, lines };
}

describe("History", () => {
  it("jumps to an old post and shows the posts around it, until the reader goes back to the newest", async () => {
    const { ann, history, lines } = await inALongRoom();
    const newest = ann.shows("r1");
    expect(await history.jumpTo("r1", 52)).toBe(true);
    expect(ann.shows("r1")).toEqual(lines(25, 74));
    await history.loadOlder("r1");
    expect(ann.shows("r1")).toEqual(lines(0, 74));
    ann.maru.toLatest("r1");
    expect(ann.shows("r1")).toEqual(newest);
  });

  it("loads the next page when a listener asks for it at once", async () => {
    const { ann, history, lines } = await inALongRoom();
    const top = () => ann.shows("r1")[0];
    expect(top()).toBe("line 150");
    const stop = ann.maru.store.subscribe(() => void history.loadOlder("r1"));
    await history.loadOlder("r1");
    await settle();
    stop();
    expect(ann.shows("r1")).toEqual(lines(0, 199));
  });

  it("drops the oldest posts when there are too many, and loads them again", async () => {
    const { ann, history, lines, server, clock } = await inALongRoom();
    for (let i = 200; i < 1_150; i++) server.append("r1", "bo", `b${i}`, `line ${i}`);
    await clock.advance(60_000);
    const loaded = ann.shows("r1");
    expect(loaded).toEqual(lines(150, 1_149));
    history.letGo("r1");
    expect(ann.shows("r1"), "a thousand are not too many").toEqual(loaded);
    server.append("r1", "bo", "last", "line 1150");
    await clock.advance(1_000);
    history.letGo("r1");
    expect(ann.shows("r1")).toEqual(lines(651, 1_150));
    await history.loadOlder("r1");
    expect(ann.shows("r1")).toEqual(lines(601, 1_150));
  });

  it("reports that a post cannot be shown, and changes nothing", async () => {
    const { ann, history } = await inALongRoom();
    const newest = ann.shows("r1");
    expect(await history.jumpTo("nowhere", 5)).toBe(false);
    ann.server.isUp = false;
    expect(await history.jumpTo("r1", 1_000)).toBe(false);
    expect(ann.shows("r1")).toEqual(newest);
  });

  it("reads on after a jump until it meets the newest posts, and joins them", async () => {
    const { ann, history, lines, server, clock } = await inALongRoom();
    const stretch = () => ann.maru.store.state.rooms.get("r1")?.stretch;
    expect(await history.jumpTo("r1", 90)).toBe(true);
    expect(ann.shows("r1")).toEqual(lines(63, 112));
    server.append("r1", "bo", "later", "line 200");
    await clock.advance(1_000);
    await history.loadNewer("r1");
    expect(stretch()).toBeNull();
    expect(ann.shows("r1")).toEqual(lines(63, 200));
  });

  it("leaves no gap between a page and later posts in a room that was not opened", async () => {
    const { ann, history, lines, server, clock } = await inALongRoom();
    expect(await history.jumpTo("r2", 20)).toBe(true);
    expect(ann.shows("r2")).toEqual(lines(0, 29));
    for (const line of lines(30, 82)) server.append("r2", "bo", line, line);
    await clock.advance(1_000);
    expect(ann.shows("r2")).toEqual(lines(0, 82));
  });

  it("goes to the newest posts when the reader writes", async () => {
    const { ann, history, clock } = await inALongRoom();
    await history.jumpTo("r1", 52);
    await ann.write("r1");
    await clock.advance(1_000);
    expect(ann.shows("r1").at(-1)).toBe("ann 0");
  });
});
