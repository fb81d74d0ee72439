import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Person } from "./person.ts";
import { DESK, PHONE, type Looks, type Stage } from "./stage.ts";
import { story } from "./story.ts";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));
/** The largest picture, because the README is also read over slow networks. */
const MAX_BYTES = 200 * 1024;

const ROOM = "점심 Lunch";

/** Returns a time zone in which it is past eleven, so that people talk about lunch at lunchtime. */
function zoneOfNoon(): string {
  const ahead = 11 - new Date().getUTCHours();
  return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** Takes a picture of the page without carets and animations. */
async function picture({ page }: Person, name: string): Promise<void> {
  const path = `${DOCS}${name}.png`;
  await page.screenshot({ path, caret: "hide", animations: "disabled" });
  expect((await stat(path)).size, `${path} in bytes`).toBeLessThan(MAX_BYTES);
}

async function react(person: Person, words: string, emoji: string): Promise<void> {
  await person.act(words, person.text.react);
  await person.page.getByRole("button", { name: person.text.reactWith(emoji) }).click();
  await person.message(words).first().getByRole("button", { name: person.text.reaction(emoji, 1) }).or(
    person.message(words).first().getByRole("button", { name: person.text.reaction(emoji, 2) }),
  ).first().waitFor();
}

async function reply(person: Person, to: string, words: string): Promise<void> {
  await person.act(to, person.text.reply);
  await person.say(words);
}

async function enterAll(stage: Stage, looks: Readonly<Record<string, Looks>>): Promise<readonly Person[]> {
  return Promise.all(Object.entries(looks).map(([name, look]) => stage.enter(name, look)));
}

async function talk([maru, daecheong, ann, bob]: readonly [Person, Person, Person, Person]): Promise<void> {
  const say = async (person: Person, words: string, sign = words): Promise<void> => {
    await person.write(words);
    for (const each of [maru, daecheong, ann, bob]) await each.message(sign).first().waitFor();
    await person.isSettled();
  };
  await say(daecheong, "곧 점심시간이네요. 오늘은 뭐 먹을까요?");
  await say(ann, "Something warm, please. It is freezing outside 🥶");
  await say(maru, "그럼 칼국수 어때요? 길 건너 새로 생긴 집이 맛있대요.");
  await react(ann, "칼국수 어때요?", "👍");
  await react(daecheong, "칼국수 어때요?", "👍");
  await react(bob, "칼국수 어때요?", "❤️");
  await reply(bob, "칼국수 어때요?", "Handmade noodles? I am in!");
  await say(bob, "Let me ask the machine who pays:\n```go\npayer := people[rand.N(len(people))]\n```", "who pays:");
  await say(daecheong, "하하, `rand`는 늘 저를 고르던데요 🤣", "늘 저를 고르던데요");
  await react(ann, "늘 저를 고르던데요", "🎉");
  await say(ann, "@마루 shall we meet at the door at ten to twelve?", "at the door");
  await say(maru, "네, 11시 50분에 1층에서 봐요!");
}

story("the pictures of the documentation", async ({ stage }) => {
  const zone = zoneOfNoon();
  const desk: Looks = { ...DESK, zone };
  const [maru, daecheong, ann, bob] = (await enterAll(stage, {
    마루: { ...desk, language: "ko" }, 대청: { ...PHONE, zone }, Ann: desk, Bob: { ...desk, scheme: "dark" },
  })) as readonly [Person, Person, Person, Person];
  await maru.createRoom(ROOM);
  for (const person of [daecheong, ann, bob]) await person.findRoom(ROOM);
  for (const title of ["공지 News", "Music", "Weekend hike"]) await maru.createRoom(title);
  await ann.findRoom("Music");
  await ann.findRoom("Weekend hike");
  await ann.openRoom(ROOM);
  await maru.openRoom("Music");
  await maru.sayAll(["이 노래 들어 보셨어요?", "@Ann you will like it"]);
  await maru.openRoom(ROOM);
  await talk([maru, daecheong, ann, bob]);

  await ann.page.getByRole("button", { name: ann.text.people, exact: true }).click();
  await ann.composer.focus();
  await daecheong.composer.pressSequentially("좋아요");
  await ann.page.getByText(ann.text.typing(["대청"])).waitFor();
  await picture(ann, "screenshot");
  await daecheong.composer.fill("");
  await picture(daecheong, "screenshot-phone");
});
