import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import type { Person } from "./person.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";
import { testimonyOf, witness, type SocketEvent } from "./witness.ts";

/** AWS's two hours and ten idle minutes, shortened to seconds. */
const shortLived = story.extend({ ends: { hard: "15s", idle: "4s" } });
/** A connection's 105 to 110 minutes become four seconds, and a heartbeat's minute becomes one second. */
const HASTE = { hours: 1_650, minutes: 60 };
const ENOUGH_CUTS = 20;

/** Returns the sockets that have closed. */
function ended(sockets: readonly SocketEvent[]): readonly number[] {
  return sockets.filter(({ what }) => what === "closed").map(({ socket }) => socket);
}

async function countCuts(people: readonly Person[]): Promise<number> {
  const testimonies = await Promise.all(people.map(({ page }) => testimonyOf(page)));
  return testimonies.reduce((sum, { sockets }) => sum + ended(sockets).length, 0);
}

/** Checks that each connection was replaced before it closed, and that the page always showed itself connected. */
async function expectSeamless({ name, page, text }: Person): Promise<void> {
  const { sockets, states } = await testimonyOf(page);
  const at = (socket: number, what: SocketEvent["what"]): number =>
    sockets.findIndex((event) => event.socket === socket && event.what === what);
  for (const socket of ended(sockets)) {
    expect(at(socket + 1, "joined"), `${name}: connection ${socket + 1} has joined`).toBeGreaterThan(-1);
    expect(at(socket + 1, "joined"), `${name}: before connection ${socket} closed`).toBeLessThan(at(socket, "closed"));
    expect(at(socket, "left"), `${name} has let connection ${socket} go`).toBeGreaterThan(-1);
  }
  expect(states.slice(states.indexOf(text.connected)), `what ${name} was shown`).toEqual([text.connected]);
}

shortLived("a page replaces its connections before they end, and always says that it is connected", async ({ home, stage }) => {
  const [ann, daecheong, mina] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE), stage.enter("Mina", DESK)]);
  await ann.createRoom("Loud");
  await daecheong.findRoom("Loud");
  await mina.createRoom("Quiet"); // a room without messages, where connections would end for idleness
  const all = [ann, daecheong, mina];
  for (const person of all) {
    await witness(person.page, HASTE);
    await person.connected();
  }
  const written: string[] = [];
  for (let i = 1; (await countCuts(all)) < ENOUGH_CUTS; i++) {
    const said = [`Still there? <${i}>`, `네, 여기 있어요 <${i}>`] as const;
    await Promise.all([ann.say(said[0]), daecheong.say(said[1])]);
    await Promise.all([ann.hears(said[1]), daecheong.hears(said[0])]);
    written.push(...said);
  }
  for (const person of all) await expectSeamless(person);
  await expectOneLog(home, [ann, daecheong], written);
});
