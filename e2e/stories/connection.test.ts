import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

story("a page says that the server is away, and reconnects by itself", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  await home.stop();
  for (const person of [ann, daecheong]) await person.status(person.text.offline).waitFor();
  await ann.say("Is anybody there?");
  await home.start();
  for (const person of [ann, daecheong]) await person.connected();
  await daecheong.say("저 여기 있어요");
  await expectOneLog(home, [ann, daecheong], ["Is anybody there?", "저 여기 있어요"]);
});

story("a page whose token is refused asks for a name again", async ({ home, stage }) => {
  const ann = await stage.enter("Ann", DESK);
  stage.expectComplaint(/status of 401/);
  await home.stop();
  await home.revokeTokens();
  await home.start();
  await ann.nameField.waitFor();
  await ann.signIn();
  await ann.createRoom("Once more");
  expect(await ann.page.title()).toContain("Once more");
});
