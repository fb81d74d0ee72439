import axe from "axe-core";
import type { AxeResults, RunOptions } from "axe-core";
import type { Locator } from "playwright-core";
import { expect } from "vitest";
import type { Person } from "./person.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

interface Axed {
  readonly axe?: { run(options: RunOptions): Promise<AxeResults> };
}

/** Returns the serious and critical violations that axe finds: rule, element and reason. */
async function barriers({ page }: Person, options: RunOptions): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const asked: RunOptions = { ...options, resultTypes: ["violations"] };
  const violations = await page.evaluate(async (how) => (await (window as Axed).axe?.run(how))?.violations, asked);
  if (!violations) throw new Error("axe is not there");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`));
}

const OTHER_SCHEME = { light: "dark", dark: "light" } as const;

for (const looks of [DESK, PHONE]) {
  story(`axe finds no barrier: ${looks.language}, ${looks.device}, light and dark`, async ({ stage }) => {
    const maru = await stage.visitor("마루", looks);
    /** Checks the other colour scheme for contrast only, because the schemes differ only in colours. */
    const expectNoBarriers = async (place: string): Promise<void> => {
      expect(await barriers(maru, {}), `${place}, ${looks.scheme}`).toEqual([]);
      const other = OTHER_SCHEME[looks.scheme];
      await maru.page.emulateMedia({ colorScheme: other });
      expect(await barriers(maru, { runOnly: ["color-contrast"] }), `${place}, ${other}`).toEqual([]);
      await maru.page.emulateMedia({ colorScheme: looks.scheme });
    };
    await expectNoBarriers("sign in");
    await maru.signIn();
    await expectNoBarriers("no rooms");
    await maru.page.getByRole("button", { name: maru.text.newRoom }).click();
    await expectNoBarriers("new room");
    await maru.dialog(maru.text.newRoom).getByRole("button", { name: maru.text.cancel }).click();
    await maru.createRoom("점심 Lunch");
    for (const words of ["Look at https://example.com and `code`", "```\nfunc main() {}\n```", "안녕하세요 @all"]) await maru.write(words);
    await maru.hears("안녕하세요");
    await maru.isSettled();
    await maru.act("안녕하세요", maru.text.react);
    await expectNoBarriers("emoji");
    await maru.page.getByRole("button", { name: maru.text.reactWith("🎉") }).click();
    await maru.message("안녕하세요").getByRole("button", { name: maru.text.reaction("🎉", 1) }).waitFor();
    await maru.act("안녕하세요", maru.text.reply);
    await maru.page.getByRole("button", { name: maru.text.people, exact: true }).click();
    await expectNoBarriers("room");
    const panel = maru.page.getByRole("complementary", { name: maru.text.people });
    await panel.getByRole("button", { name: maru.text.manage("마루") }).click();
    await panel.getByRole("textbox", { name: maru.text.topic }).fill("점심 약속");
    await expectNoBarriers("managing");
    await panel.getByRole("button", { name: maru.text.close }).click();
    await maru.act("example.com", maru.text.pin);
    await maru.page.getByRole("region", { name: maru.text.pinned }).waitFor();
    await expectNoBarriers("pinned");
    await maru.page.getByRole("main").getByRole("button", { name: maru.text.search }).click();
    await maru.dialog(maru.text.search).getByRole("textbox", { name: maru.text.searchMessages }).fill("안녕");
    await maru.dialog(maru.text.search).getByRole("button", { name: /안녕하세요/ }).waitFor();
    await expectNoBarriers("search");
    await maru.dialog(maru.text.search).getByRole("button", { name: maru.text.close }).click();
    await maru.backToRooms();
    await maru.page.getByRole("button", { name: maru.text.device }).click();
    await maru.dialog(maru.text.device).getByRole("status").filter({ hasText: /\d/ }).waitFor();
    await expectNoBarriers("another device");
  });
}

/** Presses Tab until the element has the focus. */
async function tabTo({ page }: Person, element: Locator): Promise<void> {
  const focused = element.and(page.locator(":focus"));
  for (let presses = 0; presses < 40 && (await focused.count()) === 0; presses += 1) await page.keyboard.press("Tab");
  expect(await focused.count(), `${element} is reached by Tab`).toBe(1);
}

story("everything works with the keyboard: sign in, make a room, write, react, edit and delete", async ({ stage }) => {
  const ann = await stage.visitor("Ann", DESK);
  const { page, text } = ann;
  const { keyboard } = page;
  await tabTo(ann, ann.nameField);
  await keyboard.type("Ann");
  await keyboard.press("Enter");
  await ann.connected();

  await tabTo(ann, page.getByRole("button", { name: text.newRoom }));
  await keyboard.press("Enter");
  await tabTo(ann, page.getByRole("textbox", { name: text.roomName }));
  await keyboard.type("Lunch");
  await keyboard.press("Enter");
  await ann.inRoom("Lunch");

  await tabTo(ann, ann.composer);
  await keyboard.type("Souppp");
  await keyboard.press("Enter");
  await ann.hears("Souppp");
  await ann.isSettled();
  await keyboard.press("ArrowUp");
  await page.getByRole("textbox", { name: text.editMessage }).waitFor();
  await keyboard.press("Backspace");
  await keyboard.press("Backspace");
  await keyboard.press("Enter");
  await ann.message("Soup").filter({ hasText: text.edited }).waitFor();

  const message = ann.message("Soup");
  await tabTo(ann, message.getByRole("button", { name: text.react, exact: true }));
  await keyboard.press("Enter");
  await tabTo(ann, page.getByRole("button", { name: text.reactWith("❤️") }));
  await keyboard.press("Enter");
  await message.getByRole("button", { name: text.reaction("❤️", 1) }).waitFor();
  await tabTo(ann, message.getByRole("button", { name: text.delete }));
  await keyboard.press("Enter");
  await tabTo(ann, ann.dialog(text.delete).getByRole("button", { name: text.delete }));
  await keyboard.press("Enter");
  await ann.messages.getByText(text.deleted).waitFor();
});
