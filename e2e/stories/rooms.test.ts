import { expectOneLog } from "./log.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

story("only an invite leads to a private room", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Surprise", "private");
  await ann.say("Do not tell anybody");
  await daecheong.page.getByRole("button", { name: daecheong.text.findRooms }).click();
  const found = daecheong.dialog(daecheong.text.findRooms);
  await found.getByText(daecheong.text.noPublicRooms).waitFor();
  await found.getByRole("button", { name: daecheong.text.close }).click();

  await daecheong.accept(await ann.invite(), "Surprise");
  await daecheong.say("아무에게도 말하지 않을게요");
  await expectOneLog(home, [ann, daecheong], ["Do not tell anybody", "아무에게도 말하지 않을게요"]);
});

story("a room shows unread messages and mentions until it is read", async ({ stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  const { text } = daecheong;
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  await ann.page.getByText(ann.text.members(2)).waitFor();
  await daecheong.backToRooms();
  await ann.sayAll(["Soup today", "or rice?", "@대청 what do you think?"]);
  await daecheong.page.getByRole("link", { name: `Lunch, ${text.unread(3)}, ${text.mentions(1)}`, exact: true }).waitFor();

  await daecheong.openRoom("Lunch");
  await daecheong.hears("what do you think?");
  await daecheong.log.getByRole("separator", { name: text.newSince }).waitFor();
  await daecheong.backToRooms();
  await daecheong.page.getByRole("link", { name: "Lunch", exact: true }).waitFor();
});

story("people see who is here and who is typing", async ({ stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  const toggle = ann.page.getByRole("button", { name: ann.text.people, exact: true });
  const people = ann.page.getByRole("complementary", { name: ann.text.people });
  const other = people.getByRole("listitem").filter({ hasText: "대청" });
  await toggle.click();
  await other.getByText(ann.text.here).waitFor();

  await daecheong.composer.pressSequentially("국수");
  await ann.page.getByText(ann.text.typing(["대청"])).waitFor();

  // Presence is requested, never announced: looking again shows who has gone.
  await daecheong.page.close();
  await toggle.click();
  await people.waitFor({ state: "detached" });
  await toggle.click();
  await other.getByText(ann.text.here).waitFor({ state: "detached" });
});
