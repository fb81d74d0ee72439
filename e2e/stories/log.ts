import { expect } from "vitest";
import type { ConfigBody, EntriesListedBody } from "../../web/src/protocol/bodies.ts";
import type { Entry } from "../../web/src/protocol/frames.ts";
import type { Home } from "./home.ts";
import type { Person } from "./person.ts";

/** The room that is open on a person's page. */
export function roomOf({ page }: Person): string {
  const room = /#\/rooms\/([\w-]+)$/.exec(page.url())?.[1];
  if (!room) throw new Error(`no room is open at ${page.url()}`);
  return room;
}

/** The token that a person's browser keeps. */
export function tokenOf({ page }: Person): Promise<string> {
  return page.evaluate(() => (JSON.parse(localStorage.getItem("maru.session") ?? "{}") as { readonly token: string }).token);
}

/** Where the home's HTTP API is, which may be beside the page or elsewhere. */
async function apiOf({ baseURL }: Home): Promise<string> {
  const { api } = (await (await fetch(`${baseURL}config.json`)).json()) as ConfigBody;
  return api === "" ? baseURL : `${api}/`;
}

/** The whole log of the room that a person has open, read over HTTP. */
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
 * Waits until every page shows the room as the log has it: all of what was
 * written, each once, in one order. The words must differ, and none may stand
 * within another.
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
