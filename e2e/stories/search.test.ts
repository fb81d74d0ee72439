import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import type { Person } from "./person.ts";
import { pour } from "./pour.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

/** Enough messages to put the first ones many pages away. */
const CHATTER = Array.from({ length: 140 }, (_, i) => `line <${i + 1}>`);

async function search({ page, text }: Person, words: string) {
  await page.getByRole("button", { name: text.search }).filter({ visible: true }).first().click();
  const dialog = page.getByRole("dialog", { name: text.search });
  await dialog.getByRole("textbox", { name: text.searchMessages }).fill(words);
  return dialog;
}

story("a Korean word of two syllables is found, and its message is shown with those around it", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await ann.sayAll(["Before it", "오늘 점심은 칼국수 어때요?", "After it"]);
  await ann.isSettled();
  await pour(home, ann, CHATTER);
  await daecheong.findRoom("Lunch");
  await daecheong.hears("line <140>");

  const dialog = await search(daecheong, "점심");
  const hit = dialog.getByRole("button", { name: /Ann.*칼국수/ });
  await hit.waitFor();
  await dialog.getByRole("status").filter({ hasText: daecheong.text.found(1) }).waitFor();
  expect(await hit.locator("mark").innerText()).toBe("점심");
  await hit.click();
  await dialog.waitFor({ state: "detached" });
  const found = daecheong.message("칼국수");
  await expect.poll(() => found.evaluate((element) => element === document.activeElement)).toBe(true);
  const box = await found.boundingBox();
  expect(box && box.y > 0 && box.y < 844).toBe(true);
  for (const words of ["Before it", "After it", "line <1>"]) expect(await daecheong.message(words).count()).toBeGreaterThan(0);
  expect(await daecheong.message("line <140>").count()).toBe(0);

  // A new message by others waits at the end of the log; writing one leads there.
  await ann.say("Written meanwhile");
  await daecheong.page.getByRole("button", { name: daecheong.text.newMessages(1) }).waitFor();
  await daecheong.say("찾았어요");
  await daecheong.hears("line <140>");
  await daecheong.readToBeginning("Lunch");
  await expectOneLog(home, [daecheong], ["Before it", "오늘 점심은 칼국수 어때요?", "After it", ...CHATTER, "Written meanwhile", "찾았어요"]);
});

story("scrolling leads from a found message to the newest, and a word that nobody wrote is not found", async ({ home, stage }) => {
  const ann = await stage.enter("Ann", DESK);
  await ann.createRoom("Lunch");
  await ann.say("A needle");
  await ann.isSettled();
  await pour(home, ann, CHATTER);
  await ann.page.reload();
  await ann.hears("line <140>");
  await ann.page.keyboard.press("Control+k");
  const dialog = ann.dialog(ann.text.search);
  await ann.page.keyboard.type("haystack");
  await dialog.getByRole("status").filter({ hasText: ann.text.nothingFound("haystack") }).waitFor();
  await dialog.getByRole("textbox", { name: ann.text.searchMessages }).fill("need");
  await dialog.getByRole("button", { name: /needle/ }).press("Enter");
  const needle = ann.message("A needle");
  await expect.poll(() => needle.evaluate((element) => element === document.activeElement)).toBe(true);
  // The messages after it are loaded at once, and do not move it out of sight.
  await ann.hears("line <40>");
  const box = await needle.boundingBox();
  expect(box && box.y > 0 && box.y < 800).toBe(true);
  await ann.log.hover();
  for (let i = 0; i < 60 && !(await ann.message("line <140>").isVisible()); i++) {
    await ann.page.mouse.wheel(0, 2_000);
    await ann.page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await ann.hears("line <140>");
  await expectOneLog(home, [ann], ["A needle", ...CHATTER]);
});
