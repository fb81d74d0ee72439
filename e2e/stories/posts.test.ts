import { expect } from "vitest";
import { entriesOf } from "./log.ts";
import { DESK, PHONE, type Stage } from "./stage.ts";
import type { Person } from "./person.ts";
import { story } from "./story.ts";

async function twoInARoom(stage: Stage): Promise<readonly [Person, Person]> {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  return [ann, daecheong];
}

story("edited words replace the old ones for everybody", async ({ stage }) => {
  const [ann, daecheong] = await twoInARoom(stage);
  await ann.say("Half past elven");
  await daecheong.hears("Half past elven");
  await ann.act("Half past elven", ann.text.edit);
  const field = ann.page.getByRole("textbox", { name: ann.text.editMessage });
  await field.fill("Half past eleven");
  await field.press("Enter");
  for (const person of [ann, daecheong]) {
    await person.message("Half past eleven").filter({ hasText: person.text.edited }).waitFor();
    expect(await person.message("elven").count()).toBe(0);
  }
});

story("a deleted message leaves no words on any page or in the log", async ({ home, stage }) => {
  const [ann, daecheong] = await twoInARoom(stage);
  await ann.say("My password is mango");
  await daecheong.hears("mango");
  await daecheong.act("mango", daecheong.text.reply);
  await daecheong.say("지우는 게 좋겠어요");
  await ann.hears("지우는 게 좋겠어요");
  await ann.act("My password", ann.text.delete);
  await ann.dialog(ann.text.delete).getByRole("button", { name: ann.text.delete }).click();
  for (const person of [ann, daecheong]) {
    await person.messages.first().getByText(person.text.deleted).waitFor();
    await expect.poll(() => person.page.getByText("mango").count()).toBe(0);
  }
  expect(JSON.stringify(await entriesOf(home, ann))).not.toContain("mango");
});

story("reactions are counted and a reply shows what it answers", async ({ stage }) => {
  const [ann, daecheong] = await twoInARoom(stage);
  await ann.say("Dumplings?");
  await daecheong.hears("Dumplings?");
  await daecheong.act("Dumplings?", daecheong.text.react);
  await daecheong.page.getByRole("button", { name: daecheong.text.reactWith("👍") }).click();
  const counted = (person: Person, n: number, pressed: boolean) =>
    person.message("Dumplings?").getByRole("button", { name: person.text.reaction("👍", n), pressed });
  await counted(ann, 1, false).click();
  await counted(ann, 2, true).waitFor();
  await counted(daecheong, 2, true).click();
  await counted(daecheong, 1, false).waitFor();
  await counted(ann, 1, true).waitFor();

  await daecheong.act("Dumplings?", daecheong.text.reply);
  await daecheong.page.getByText(daecheong.text.replyingTo("Ann")).waitFor();
  await daecheong.say("고기만두 좋아요");
  await ann.message("고기만두 좋아요").filter({ hasText: /Ann.*Dumplings\?/s }).waitFor();
});

story("a tap shows the actions without triggering one, and Escape or a move of the focus closes the emoji", async ({ stage }) => {
  const [ann, daecheong] = await twoInARoom(stage);
  const { text, page } = daecheong;
  await ann.say("Rice or noodles, soup or salad, here or there?");
  await daecheong.hears("Rice or noodles");
  const choices = page.getByRole("button", { name: text.reactWith("👍") });
  await daecheong.message("Rice or noodles").tap();
  await page.getByRole("button", { name: text.react, exact: true }).waitFor();
  expect(await choices.count()).toBe(0);

  for (const elsewhere of [() => page.keyboard.press("Escape"), () => daecheong.composer.focus()]) {
    await daecheong.act("Rice or noodles", text.react);
    await choices.waitFor();
    await elsewhere();
    await choices.waitFor({ state: "detached" });
  }
});

story("HTML and scripts in a message are shown as text", async ({ stage }) => {
  const [ann, daecheong] = await twoInARoom(stage);
  const words = `<img src=x onerror="document.title='owned'"> <script>document.title='owned'</script> & &amp;`;
  await ann.say(words);
  await daecheong.hears(words);
  for (const person of [ann, daecheong]) {
    expect(await person.messages.locator("img, script").count()).toBe(0);
    expect(await person.page.title()).not.toContain("owned");
  }
});

story("the content policy refuses a foreign script, and stories notice", async ({ stage }) => {
  const ann = await stage.enter("Ann", DESK);
  stage.expectComplaint(/Content Security Policy/);
  const refused = ann.page.waitForEvent("console", (message) => message.text().includes("Content Security Policy"));
  await ann.page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'owned'";
    document.head.append(script);
  });
  await refused;
  expect(await ann.page.title()).not.toBe("owned");
});
