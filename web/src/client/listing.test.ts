import { describe, expect, it } from "vitest";
import { ApiError, type Api } from "../http/api.ts";
import { seeded } from "../state/testlog.ts";
import { MemoryStorage } from "./storage.ts";
import { settle, TestClock } from "./testclock.ts";
import { apiOf, Person, USERS } from "./testperson.ts";
import { TestServer } from "./testserver.ts";

type End = "answer" | ApiError;

const UNAVAILABLE = new ApiError("unavailable", "", 503);

/** Ann's page, whose requests for the list of rooms end as a test decides. */
function setUp() {
  const clock = new TestClock();
  const server = new TestServer(clock, seeded(1), ["r1"], USERS);
  const api = apiOf(server);
  const lists = { asked: 0, end: (): End | Promise<End> => "answer" };
  const ann = new Person("ann", server, clock, seeded(2), new MemoryStorage(), {
    ...api,
    myRooms: async () => {
      lists.asked++;
      const list = await api.myRooms();
      const end = await lists.end();
      if (end !== "answer") throw end;
      return list;
    },
  } as unknown as Api);
  const state = () => ann.maru.store.state;
  return { clock, server, lists, maru: ann.maru, state, rooms: () => [...state().rooms.keys()] };
}

describe("The list of rooms", () => {
  it.each([["unauthenticated", "signed-out"], ["forbidden", "banned"]] as const)("is not requested again when it is refused as %s", async (code, status) => {
    const { clock, lists, state } = setUp();
    lists.end = () => new ApiError(code, "", 0);
    await clock.advance(120_000);
    expect(state().connection).toBe(status);
    expect(lists.asked).toBe(1);
  });

  /** Requests a list after room r8 was added, and another one after r9 was. */
  async function askTwice() {
    const { clock, server, lists, maru, rooms } = setUp();
    await clock.advance(1_000);
    const held: ((end: End) => void)[] = [];
    lists.end = () => new Promise((resolve) => held.push(resolve));
    for (const room of ["r8", "r9"]) {
      server.logs.set(room, server.logOf("r1"));
      void maru.relist().catch(() => undefined);
      await settle();
    }
    const end = (list: number) => async (how: End): Promise<void> => {
      held[list]?.(how);
      await settle();
    };
    return { older: end(0), newer: end(1), rooms };
  }

  it("keeps a new room when an older list arrives after the newer one", async () => {
    const { older, newer, rooms } = await askTwice();
    await newer("answer");
    expect(rooms()).toEqual(["r1", "r8", "r9"]);
    await older("answer");
    expect(rooms()).toEqual(["r1", "r8", "r9"]);
  });

  it("is taken though a newer one was requested, if that one fails", async () => {
    const { older, newer, rooms } = await askTwice();
    await newer(UNAVAILABLE);
    await older("answer");
    expect(rooms()).toEqual(["r1", "r8"]);
  });

  it("does not bring back a room that was lost while it was read", async () => {
    const { clock, server, lists, maru, rooms } = setUp();
    server.addRoom("r2", USERS);
    await clock.advance(1_000);
    const held: ((end: End) => void)[] = [];
    lists.end = () => new Promise((resolve) => held.push(resolve));
    void maru.relist();
    await settle();
    server.logs.delete("r2");
    server.tell({ type: "room.lost", room: "r2" });
    await clock.advance(1_000);
    const [older, newer] = held;
    older?.("answer");
    await settle();
    expect(rooms()).toEqual(["r1"]);
    newer?.("answer");
    await settle();
    expect(rooms()).toEqual(["r1"]);
    expect(held).toHaveLength(2);
  });

  it("fails without showing a connected page as offline, and is requested again", async () => {
    const { clock, server, lists, state, rooms } = setUp();
    await clock.advance(1_000);
    const seen = new Set<string>();
    lists.end = () => {
      seen.add(state().connection);
      return lists.asked < 4 ? UNAVAILABLE : "answer";
    };
    server.addRoom("r2", USERS);
    await clock.advance(60_000);
    expect([...seen, state().connection]).toEqual(["connected", "connected"]);
    expect(rooms()).toEqual(["r1", "r2"]);
  });

  it("is requested after each new connection until it arrives", async () => {
    const { clock, server, lists, rooms } = setUp();
    await clock.advance(1_000);
    lists.end = () => (lists.asked < 4 ? UNAVAILABLE : "answer");
    server.cut();
    server.logs.set("r2", server.logOf("r1"));
    await clock.advance(60_000);
    expect(rooms()).toEqual(["r1", "r2"]);
  });

  it("is requested once more when the first connection took long", async () => {
    const { clock, server, rooms } = setUp();
    await settle();
    server.isUp = false;
    await clock.advance(60_000);
    server.addRoom("r2", USERS);
    server.isUp = true;
    await clock.advance(60_000);
    expect(rooms()).toEqual(["r1", "r2"]);
  });

  it("has its new rooms joined on a connection that was not yet in use when it arrived", async () => {
    const { clock, server, state } = setUp();
    await clock.advance(1_000);
    server.tell({ type: "connection.closing", reason: "shutdown" });
    for (let ms = 0; server.sockets === 1; ms++) await clock.advance(1);
    await clock.advance(5);
    // The next socket is open now, and the joins of its rooms are in flight.
    server.addRoom("r2", USERS);
    await clock.advance(1_000);
    server.append("r2", "bo", "x", "hello");
    await clock.advance(1_000);
    expect(state().rooms.get("r2")?.cursor).toBe("2.bo-x");
  });
});
