import { describe, expect, it } from "vitest";
import { ApiError, type Api } from "../http/api.ts";
import { seeded } from "../state/testlog.ts";
import { MemoryStorage } from "./storage.ts";
import { settle, TestClock } from "./testclock.ts";
import { apiOf, Person, USERS } from "./testperson.ts";
import { TestServer } from "./testserver.ts";

type End = "answer" | ApiError;

const UNAVAILABLE = new ApiError("unavailable", "", 503);

/** Ann's page, whose lists of rooms end as a test says. */
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
  it.each([["unauthenticated", "signed-out"], ["forbidden", "banned"]] as const)("is not asked for again when it is refused as %s", async (code, status) => {
    const { clock, lists, state } = setUp();
    lists.end = () => new ApiError(code, "", 0);
    await clock.advance(120_000);
    expect(state().connection).toBe(status);
    expect(lists.asked).toBe(1);
  });

  /** Asks for a list once there is a room r8, and for another one once there is r9 too. */
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

  it("keeps a new room when an older list comes after the newer one", async () => {
    const { older, newer, rooms } = await askTwice();
    await newer("answer");
    expect(rooms()).toEqual(["r1", "r8", "r9"]);
    await older("answer");
    expect(rooms()).toEqual(["r1", "r8", "r9"]);
  });

  it("is taken though it is the older one where the newer one fails", async () => {
    const { older, newer, rooms } = await askTwice();
    await newer(UNAVAILABLE);
    await older("answer");
    expect(rooms()).toEqual(["r1", "r8"]);
  });

  it("does not show again a room that was lost while it was read", async () => {
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

  it("fails without a word of being offline on a page that is connected, and is asked for again", async () => {
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

  it("is asked for until it comes after each new connection", async () => {
    const { clock, server, lists, rooms } = setUp();
    await clock.advance(1_000);
    lists.end = () => (lists.asked < 4 ? UNAVAILABLE : "answer");
    server.cut();
    server.logs.set("r2", server.logOf("r1"));
    await clock.advance(60_000);
    expect(rooms()).toEqual(["r1", "r2"]);
  });

  it("is asked for once more when the first connection took long", async () => {
    const { clock, server, rooms } = setUp();
    await settle();
    server.isUp = false;
    await clock.advance(60_000);
    server.addRoom("r2", USERS);
    server.isUp = true;
    await clock.advance(60_000);
    expect(rooms()).toEqual(["r1", "r2"]);
  });

  it("has its new rooms joined on a connection that was about to be used when it came", async () => {
    const { clock, server, state } = setUp();
    await clock.advance(1_000);
    server.tell({ type: "connection.closing", reason: "shutdown" });
    for (let ms = 0; server.sockets === 1; ms++) await clock.advance(1);
    await clock.advance(5);
    // The next socket is open now, and its rooms are on their way to be joined.
    server.addRoom("r2", USERS);
    await clock.advance(1_000);
    server.append("r2", "bo", "x", "hello");
    await clock.advance(1_000);
    expect(state().rooms.get("r2")?.cursor).toBe("2.bo-x");
  });
});
