import type { Locator } from "playwright-core";
import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import type { Person } from "./person.ts";
import { pour } from "./pour.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

const LINES = Array.from({ length: 160 }, (_, i) => `line <${i + 1}>`);

async function topOf(element: Locator): Promise<number> {
  const box = await element.boundingBox();
  if (!box) throw new Error(`${element} is not shown`);
  return box.y;
}

async function isInSight(person: Person, words: string): Promise<boolean> {
  const [log, message] = await Promise.all([person.log.boundingBox(), person.message(words).boundingBox()]);
  return log !== null && message !== null && message.y >= log.y - 1 && message.y + message.height <= log.y + log.height + 1;
}

/** Scrolls, and waits until the position has changed. */
async function scroll(person: Person, by: number): Promise<void> {
  const top = (): Promise<number> => person.log.evaluate((log) => log.scrollTop);
  const before = await top();
  await person.log.hover();
  await person.page.mouse.wheel(0, by);
  await expect.poll(top).not.toBe(before);
}

story("scrolling up loads older messages, and the message in view stays in place", async ({ home, stage }) => {
  const ann = await stage.enter("Ann", DESK);
  await ann.createRoom("Long");
  await pour(home, ann, LINES);
  await ann.page.reload();
  await ann.hears("line <160>");
  await expect.poll(() => isInSight(ann, "line <160>")).toBe(true);
  expect(await ann.messages.count(), "messages before scrolling up").toBeLessThan(LINES.length);

  // The next page of history is held back until the log is scrolled to the top.
  let release = (): void => undefined;
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  await ann.page.route("**/posts?*", async (route) => {
    await isReleased;
    await route.continue();
  });
  await scroll(ann, -100_000);
  const count = await ann.messages.count();
  const [oldest = ""] = /line <\d+>/.exec(await ann.messages.first().innerText()) ?? [];
  const reading = ann.message(oldest);
  const place = await topOf(reading);
  release();
  await ann.messages.nth(count).waitFor();
  await expect.poll(async () => Math.abs((await topOf(reading)) - place)).toBeLessThan(3);

  await ann.readToBeginning("Long");
  await expectOneLog(home, [ann], LINES);
});

story("a page stays at the newest message, and tells a reader of older ones how many are new", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Long");
  await daecheong.findRoom("Long");
  await pour(home, ann, LINES.slice(0, 60));
  await daecheong.hears("line <60>");
  await expect.poll(() => isInSight(daecheong, "line <60>")).toBe(true);
  await ann.say("The newest");
  await daecheong.hears("The newest");
  await expect.poll(() => isInSight(daecheong, "The newest")).toBe(true);
  const { text } = daecheong;
  const pill = (name: string): Locator => daecheong.page.getByRole("button", { name });
  expect(await pill(text.toLatest).count()).toBe(0);

  await scroll(daecheong, -1_500);
  await pill(text.toLatest).waitFor();
  const reading = daecheong.message("line <25>");
  await reading.scrollIntoViewIfNeeded();
  const place = await topOf(reading);
  await ann.sayAll(["Newer", "Newer still"]);
  await pill(text.newMessages(2)).waitFor();
  expect(Math.abs((await topOf(reading)) - place)).toBeLessThan(3);
  await pill(text.newMessages(2)).click();
  await expect.poll(() => isInSight(daecheong, "Newer still")).toBe(true);
  await pill(text.newMessages(2)).waitFor({ state: "detached" });
});
