import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import type { Person } from "./person.ts";
import { DESK } from "./stage.ts";
import { story } from "./story.ts";

/** Simulates a Korean input method: syllables are composed, then committed. */
async function inputMethod({ page }: Person) {
  const session = await page.context().newCDPSession(page);
  return {
    compose: (text: string) => session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length }),
    commit: (text: string) => session.send("Input.insertText", { text }),
    /** A key that the input method consumes; browsers report it to the page with this code. */
    takenKey: () => session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Process", code: "Enter", windowsVirtualKeyCode: 229 }),
    enter: () => session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 }),
  };
}

story("Enter that ends a Korean syllable sends nothing, and the next Enter sends", async ({ home, stage }) => {
  const maru = await stage.enter("마루", { ...DESK, language: "ko" });
  await maru.createRoom("점심");
  await maru.composer.focus();
  const ime = await inputMethod(maru);
  for (const syllable of ["ㅈ", "저", "점"]) await ime.compose(syllable);
  await ime.enter();
  await ime.takenKey();
  await ime.commit("점");
  for (const syllable of ["ㅅ", "시", "심"]) await ime.compose(syllable);
  await ime.enter();
  await ime.commit("심");
  await ime.takenKey();
  expect(await maru.composer.inputValue()).toBe("점심");
  expect(await maru.messages.count()).toBe(0);

  await maru.composer.press("Enter");
  await maru.hears("점심");
  expect(await maru.composer.inputValue()).toBe("");
  await expectOneLog(home, [maru], ["점심"]);
});

story("Shift+Enter breaks the line, and a message that is too long is not sent", async ({ home, stage }) => {
  const ann = await stage.enter("Ann", DESK);
  await ann.createRoom("Lunch");
  await ann.composer.fill("one");
  await ann.composer.press("Shift+Enter");
  await ann.composer.pressSequentially("two");
  await ann.composer.press("Enter");
  await ann.hears("one\ntwo");
  await ann.composer.fill("x".repeat(4_001));
  await ann.page.getByRole("alert").filter({ hasText: ann.text.tooLong(1) }).waitFor();
  await ann.composer.press("Enter");
  expect(await ann.composer.inputValue()).toHaveLength(4_001);
  await expectOneLog(home, [ann], ["one\ntwo"]);
});
