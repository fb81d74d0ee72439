import { expect } from "vitest";
import { pour } from "./pour.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

story("a pinned message and a topic stand above the log for everybody, and lead to the message", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await ann.say("We meet at the door at noon");
  await ann.act("at the door", ann.text.pin);
  await ann.page.getByRole("button", { name: ann.text.people, exact: true }).click();
  const panel = ann.page.getByRole("complementary", { name: ann.text.people });
  await panel.getByRole("textbox", { name: ann.text.topic }).fill("오늘의 점심");
  await panel.getByRole("button", { name: ann.text.save }).click();
  await ann.page.getByRole("main").getByText("오늘의 점심").waitFor();
  await ann.isSettled();
  await pour(home, ann, Array.from({ length: 120 }, (_, i) => `line <${i + 1}>`));

  await daecheong.findRoom("Lunch");
  await daecheong.hears("line <120>");
  expect(await daecheong.message("at the door").count()).toBe(0);
  await daecheong.page.getByRole("main").getByText("오늘의 점심").waitFor();
  const pins = daecheong.page.getByRole("region", { name: daecheong.text.pinned });
  await pins.getByRole("button", { name: /Ann.*at the door/ }).click();
  await daecheong.message("at the door").waitFor();
  expect(await pins.getByRole("button", { name: daecheong.text.unpin }).count()).toBe(0);

  await ann.page.getByRole("region", { name: ann.text.pinned }).getByRole("button", { name: ann.text.unpin }).click();
  await pins.waitFor({ state: "detached" });
});

story("an owner appoints a moderator, who pins; a removed member loses the room", async ({ stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  await ann.createRoom("Lunch");
  await daecheong.findRoom("Lunch");
  await daecheong.say("Noodles");
  await ann.hears("Noodles");
  await ann.page.getByRole("button", { name: ann.text.people, exact: true }).click();
  const panel = ann.page.getByRole("complementary", { name: ann.text.people });
  await panel.getByRole("button", { name: ann.text.manage("대청") }).click();
  await panel.getByRole("combobox", { name: ann.text.roleOf("대청") }).selectOption("moderator");
  await panel.getByText(ann.text.roles.moderator).first().waitFor();
  await daecheong.act("Noodles", daecheong.text.pin);
  await ann.page.getByRole("region", { name: ann.text.pinned }).getByText("Noodles").waitFor();

  await panel.getByRole("button", { name: ann.text.settings }).click();
  const settings = ann.dialog(ann.text.settings);
  await settings.getByRole("textbox", { name: ann.text.roomName }).fill("Dinner");
  await settings.getByRole("button", { name: ann.text.save }).click();
  await daecheong.inRoom("Dinner");

  ann.page.once("dialog", (question) => void question.accept());
  await panel.getByRole("button", { name: ann.text.remove }).click();
  await daecheong.roomLink("Dinner").waitFor({ state: "detached" });
  await daecheong.page.getByText(daecheong.text.noRooms).waitFor();
});

story("a link brings the same person to a second device, once", async ({ stage }) => {
  const ann = await stage.enter("Ann", DESK);
  await ann.createRoom("Lunch");
  await ann.page.getByRole("button", { name: ann.text.device }).click();
  const link = ann.dialog(ann.text.device).getByRole("textbox", { name: ann.text.deviceLink });
  await expect.poll(() => link.inputValue()).toContain("#device=");
  const phone = await stage.visitor("Ann", PHONE);
  await phone.page.goto(await link.inputValue());
  await phone.page.getByRole("button", { name: phone.text.continueHere }).click();
  await phone.openRoom("Lunch");
  await phone.say("같은 사람이에요");
  await ann.dialog(ann.text.device).getByRole("button", { name: ann.text.close }).click();
  await ann.act("같은 사람이에요", ann.text.edit);
  await ann.page.getByRole("textbox", { name: ann.text.editMessage }).waitFor();

  const third = await stage.visitor("Eve", DESK);
  stage.expectComplaint(/status of 4\d\d/);
  await third.page.goto(await phone.page.evaluate(() => location.origin));
  await third.page.getByRole("button", { name: third.text.haveCode }).click();
  await third.page.getByRole("textbox", { name: third.text.codeField }).fill("no-such-code");
  await third.page.getByRole("button", { name: third.text.continueHere }).click();
  await third.page.getByRole("alert").waitFor();
});
