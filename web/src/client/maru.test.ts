import { describe, expect, it } from "vitest";
import type { Outgoing } from "../state/outgoing.ts";
import { typingIn } from "../state/select.ts";
import { seeded, type Random } from "../state/testlog.ts";
import { MemoryStorage } from "./storage.ts";
import { lone, type OutboxNews } from "./tabs.ts";
import { settle, TestClock } from "./testclock.ts";
import { apiOf, Person, ROOMS, SharedStorage, textsIn, USERS } from "./testperson.ts";
import { NO_FAULTS, TestServer } from "./testserver.ts";

const FIRST_SEED = Number(process.env["MARU_SEED"] ?? 1);
const RUNS = process.env["MARU_SEED"] ? 1 : 60;
async function somethingHappens(random: Random, server: TestServer, clock: TestClock, people: readonly Person[]): Promise<void> {
  const person = people[Math.floor(random() * people.length)] as Person;
  const room = ROOMS[Math.floor(random() * ROOMS.length)] as string;
  const roll = random();
  if (roll < 0.6) await person.write(room);
  else if (roll < 0.68) person.reload();
  else if (roll < 0.74) server.cut();
  else if (roll < 0.78) server.isUp = !server.isUp;
  else if (roll < 0.88) for (let i = 0; i < 25; i++) server.append(room, "crowd", `c${server.logOf(room).length}`, "crowd");
  else await clock.advance(random() * 3_000);
}

describe("Maru", () => {
  it("writes every message to the log once and in order, and shows every reader that log, whatever fails", async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const random = seeded(seed);
      const clock = new TestClock();
      const server = new TestServer(clock, random, ROOMS, USERS);
      const people = USERS.map((user) => new Person(user, server, clock, random));
      await settle();
      for (const { maru } of people) maru.open("r1");
      server.faults = { ...NO_FAULTS, lost: 0.1, unanswered: 0.05, unpushed: 0.1, unavailable: 0.1, limited: 0.1 };
      for (let i = 0; i < 60; i++) await somethingHappens(random, server, clock, people);
      server.faults = NO_FAULTS;
      server.isUp = true;
      for (let i = 0; i < 20; i++) await clock.advance(60_000);
      for (const person of people) {
        for (const room of ROOMS) {
          const wanted = person.sent.filter((s) => s.room === room).map((s) => s.text);
          expect(textsIn(server, room, person.user), `MARU_SEED=${seed}`).toEqual(wanted);
          person.maru.open(room);
          for (let i = 0; i < 200 && person.maru.store.state.rooms.get(room)?.before !== 0; i++) {
            await person.maru.history.loadOlder(room);
            await settle();
          }
          expect(person.shows(room), `MARU_SEED=${seed}`).toEqual(textsIn(server, room));
        }
        expect(await person.storage.load(), `MARU_SEED=${seed}`).toEqual([]);
        person.maru.stop();
      }
    }
  }, 120_000);

  it("asks for heads and presence in one message a minute, since messages are billed", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(3), ROOMS, USERS);
    const ann = new Person("ann", server, clock, seeded(4));
    await clock.advance(1_000);
    ann.maru.open("r1");
    await clock.advance(1_000);
    server.heard.length = 0;
    await clock.advance(5 * 60_000);
    const actions = server.heard.map((message) => message.split("\n").map((line) => (JSON.parse(line) as { action: string }).action));
    expect(actions).toEqual(Array(5).fill(["heartbeat", "presence"]));
    ann.maru.stop();
  });

  it.each([["no room", null], ["a room", "r1"]])("keeps its one socket while it is idle with %s on screen", async (_what, room) => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(3), ROOMS, USERS);
    const ann = new Person("ann", server, clock, seeded(4));
    ann.maru.open(room);
    await clock.advance(10 * 60_000);
    expect(server.sockets).toBe(1);
    ann.maru.stop();
  });

  it("sends a message again at once when a retired link dies with its answer due", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(1), ROOMS, USERS);
    const ann = new Person("ann", server, clock, () => 0);
    ann.maru.open("r1");
    await clock.advance(110 * 60_000 - 5_000);
    server.silence();
    await ann.write("r1");
    await clock.advance(6_000);
    expect(server.sockets).toBe(2);
    await clock.advance(15_000);
    expect(textsIn(server, "r1")).toEqual(["ann 0"]);
    expect(server.sockets).toBe(2);
    ann.maru.stop();
  });

  it("sends a typing sign every five seconds, and at once in another room, which readers see without a break", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(3), ROOMS, USERS);
    const [ann, bo] = USERS.map((user) => new Person(user, server, clock, seeded(4))) as [Person, Person];
    await clock.advance(1_000);
    const signs = (): number => server.heard.filter((message) => message.includes('"typing"')).length;
    const isSeen = (): boolean => typingIn(ann.maru.store.state, "r1", clock.now()).includes("bo");
    bo.maru.typing("r1");
    for (let ms = 100; ms < 20_000; ms += 100) {
      await clock.advance(100);
      bo.maru.typing("r1");
      expect(isSeen()).toBe(true);
    }
    expect(signs()).toBe(4);
    bo.maru.typing("r2");
    expect(signs()).toBe(5);
    await clock.advance(8_000);
    expect(isSeen()).toBe(false);
    for (const { maru } of [ann, bo]) maru.stop();
  });

  it("reads the names of all members, however many pages they fill", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(1), ROOMS, USERS);
    server.members = ["a", "b", "c", "d", "e"].map((user) => ({ user, name: `${user}!`, role: "member" }));
    const ann = new Person("ann", server, clock, seeded(2));
    await clock.advance(1_000);
    ann.maru.open("r1");
    await settle();
    const { members, names } = ann.maru.store.state.rooms.get("r1") ?? {};
    expect([...(members?.keys() ?? [])]).toEqual(["a", "b", "c", "d", "e"]);
    expect(names?.get("e")?.name).toBe("e!");
  });

  it("sends from a hidden page that was idle what another tab hands it", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(1), ROOMS, USERS);
    const storage = new SharedStorage();
    let hear = (_news: OutboxNews): void => undefined;
    const page = { isHidden: false };
    const ann = new Person("ann", server, clock, seeded(2), storage, apiOf(server), {
      tabs: { ...lone, onNews: (listener) => void (hear = listener) },
      visibility: { isHidden: () => page.isHidden, onChange: () => () => undefined },
    });
    await clock.advance(1_000);
    page.isHidden = true;
    server.tell({ type: "connection.closing", reason: "idle" });
    server.cut();
    await clock.advance(60 * 60_000);
    expect(ann.maru.store.state.connection).not.toBe("connected");
    const change = { action: "send", text: "over there", replyTo: 0, mentions: [], all: false } as const;
    const item: Outgoing = { id: "x", room: "r1", change, createdAt: clock.now(), progress: { step: "waiting" } };
    await storage.put(item);
    hear({ type: "put", item });
    await clock.advance(1_000);
    expect(textsIn(server, "r1")).toEqual(["over there"]);
  });

  it("sends from a hidden page that was idle what the sending tab left when it was closed", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(1), ROOMS, USERS);
    const storage = new SharedStorage();
    let becomeLeader = (): void => undefined;
    const ann = new Person("ann", server, clock, seeded(2), storage, apiOf(server), {
      tabs: { ...lone, lead: (become) => void (becomeLeader = become) },
      visibility: { isHidden: () => true, onChange: () => () => undefined },
    });
    await clock.advance(1_000);
    server.tell({ type: "connection.closing", reason: "idle" });
    server.cut();
    await clock.advance(60 * 60_000);
    expect(ann.maru.store.state.connection).not.toBe("connected");
    const change = { action: "send", text: "left behind", replyTo: 0, mentions: [], all: false } as const;
    await storage.put({ id: "x", room: "r1", change, createdAt: clock.now(), progress: { step: "waiting" } });
    becomeLeader();
    await clock.advance(1_000);
    expect(textsIn(server, "r1")).toEqual(["left behind"]);
  });

  it("sends from a hidden page that is about to rest what is written before its socket closes", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(1), ROOMS, USERS);
    const ann = new Person("ann", server, clock, seeded(2), new SharedStorage(), apiOf(server), {
      visibility: { isHidden: () => true, onChange: () => () => undefined },
    });
    await clock.advance(1_000);
    server.tell({ type: "connection.closing", reason: "idle" });
    server.faults = { ...NO_FAULTS, lost: 1 };
    await ann.maru.change("r1", { action: "send", text: "just then", replyTo: 0, mentions: [], all: false });
    await clock.advance(2);
    server.faults = NO_FAULTS;
    await clock.advance(60_000);
    expect(textsIn(server, "r1")).toEqual(["just then"]);
  });

  it("sends from every tab if the browser has no storage that tabs share", async () => {
    const clock = new TestClock();
    const server = new TestServer(clock, seeded(1), ROOMS, USERS);
    const follower = { tabs: { ...lone, lead: () => undefined } };
    const ann = new Person("ann", server, clock, seeded(2), new MemoryStorage(), apiOf(server), follower);
    await clock.advance(1_000);
    await ann.write("r1");
    await clock.advance(1_000);
    expect(textsIn(server, "r1")).toEqual(["ann 0"]);
  });

  it("does not retry by itself what was attempted before the log was replaced", async () => {
    const random = seeded(5);
    const clock = new TestClock();
    const server = new TestServer(clock, random, ROOMS, USERS);
    const ann = new Person("ann", server, clock, random);
    await clock.advance(1_000);
    server.append("r1", "bo", "x", "before");
    await clock.advance(1_000);
    server.faults = { ...NO_FAULTS, unanswered: 1 };
    await ann.write("r1");
    await clock.advance(20);
    server.faults = NO_FAULTS;
    // A backup is restored whose second entry is different.
    server.logOf("r1").splice(1);
    server.append("r1", "bo", "other", "restored");
    server.cut();
    await clock.advance(60_000);
    expect(textsIn(server, "r1")).toEqual(["restored"]);
    const [item] = ann.maru.store.state.outgoing;
    expect(item?.progress).toEqual({ step: "unknown" });
    await ann.maru.retry(item?.id ?? "");
    await clock.advance(5_000);
    expect(textsIn(server, "r1")).toEqual(["restored", "ann 0"]);
    expect(server.logOf("r1").at(-1)?.id).not.toBe(item?.id);
  });
});
