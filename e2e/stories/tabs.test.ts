import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import type { Person } from "./person.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

/** Returns how many of the browser's tabs hold the lock of the outbox, which allows them to send. */
function senders({ page }: Person): Promise<number> {
  return page.evaluate(async () => (await navigator.locks.query()).held?.length ?? 0);
}

story("two tabs of one browser share an outbox, which outlives the tab that sends", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  const second = await ann.newTab();
  await second.openRoom("Lunch");
  await second.connected();
  expect(await senders(second)).toBe(1);

  // The other tab passes its messages to the one that sends.
  await second.say("From the second tab");
  await ann.say("From the first tab");
  await expectOneLog(home, [ann, second, daecheong], ["From the second tab", "From the first tab"]);

  // The tab that sends is closed while there is no network.
  await Promise.all([ann.goOffline(), second.goOffline()]);
  await ann.say("Offline in the first tab");
  await second.say("Offline in the second tab");
  for (const words of ["Offline in the first tab", "Offline in the second tab"]) {
    for (const tab of [ann, second]) await tab.message(words).filter({ hasText: tab.text.waiting }).waitFor();
  }
  await ann.page.close();
  await second.goOnline();
  await expectOneLog(home, [second, daecheong], [
    "From the second tab", "From the first tab", "Offline in the first tab", "Offline in the second tab",
  ]);
  expect(await senders(second)).toBe(1);
});

story("a message written without a server is sent when the page is opened again", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  const address = ann.page.url();
  await home.stop();
  await ann.status(ann.text.offline).waitFor();
  await ann.say("Written in a tunnel");
  await ann.message("Written in a tunnel").filter({ hasText: ann.text.waiting }).waitFor();
  await ann.page.goto("about:blank");
  await home.start();
  await daecheong.connected();
  expect(await daecheong.messages.count()).toBe(0);
  await ann.page.goto(address);
  await ann.inRoom("Lunch");
  await expectOneLog(home, [ann, daecheong], ["Written in a tunnel"]);
});
