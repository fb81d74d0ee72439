import { expect } from "vitest";
import type { ConfigBody, EntriesListedBody } from "../../web/src/protocol/bodies.ts";
import type { Entry } from "../../web/src/protocol/frames.ts";
import type { Home } from "./home.ts";
import type { Person } from "./person.ts";

/** Returns the id of the room that is open on a person's page. */
export function roomOf({ page }: Person): string {
  const room = /#\/rooms\/([\w-]+)$/.exec(page.url())?.[1];
  if (!room) throw new Error(`no room is open at ${page.url()}`);
  return room;
}

/** Returns the token that a person's browser stores. */
export function tokenOf({ page }: Person): Promise<string> {
  return page.evaluate(() => (JSON.parse(localStorage.getItem("maru.session") ?? "{}") as { readonly token: string }).token);
}

/** Returns the address of the home's HTTP API, which may have the page's origin or another. */
async function apiOf({ baseURL }: Home): Promise<string> {
  const { api } = (await (await fetch(`${baseURL}config.json`)).json()) as ConfigBody;
  return api === "" ? baseURL : `${api}/`;
}

/** Reads the whole log of the room that a person has open, over HTTP. */
export async function entriesOf(home: Home, person: Person): Promise<readonly Entry[]> {
  const headers = { Authorization: `Bearer ${await tokenOf(person)}` };
  const api = await apiOf(home);
  const entries: Entry[] = [];
  for (let after = ""; ; ) {
    const query = new URLSearchParams({ limit: "1000", ...(after && { after }) });
    const answer = await fetch(`${api}rooms/${roomOf(person)}/entries?${query}`, { headers });
    if (!answer.ok) throw new Error(`entries: ${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as EntriesListedBody;
    entries.push(...page.entries);
    if (!page.more) return entries;
    after = page.cursor;
  }
}

/**
 * Waits until every page shows everything that was written, and checks that each
 * message stands once in the log and on every page, in the same order. The
 * messages must differ, and none may contain another.
 */
export async function expectOneLog(home: Home, people: readonly Person[], written: readonly string[]): Promise<void> {
  for (const person of people) {
    await expect.poll(() => person.messages.count(), { timeout: 45_000, message: `messages that ${person.name} sees` }).toBe(written.length);
    await person.isSettled();
  }
  const [first] = people;
  if (!first) throw new Error("nobody looks");
  const entries = await entriesOf(home, first);
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, i) => i + 1));
  const posted = entries.flatMap((entry) => (entry.kind === "posted" ? [entry.text ?? ""] : []));
  expect([...posted].sort()).toEqual([...written].sort());
  for (const person of people) {
    const shown = await person.messages.allInnerTexts();
    expect(shown.map((message) => posted.filter((words) => message.includes(words)))).toEqual(posted.map((words) => [words]));
  }
}
