import { expect } from "vitest";
import { expectOneLog } from "./log.ts";
import { DESK, PHONE } from "./stage.ts";
import { story } from "./story.ts";

const LUNCH = "Lunch 점심";

/** Returns that many different messages, none of which contains another. */
function lines(words: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${words} <${i + 1}>`);
}

story("two people talk in Korean and English, and nothing is missing and nothing is twice", async ({ home, stage }) => {
  const [ann, daecheong] = await Promise.all([stage.enter("Ann", DESK), stage.enter("대청", PHONE)]);
  const both = [ann, daecheong];
  const written: string[] = [];

  // They find each other.
  await ann.createRoom(LUNCH);
  await daecheong.findRoom(LUNCH);
  await ann.say("Hello 대청, what shall we eat?");
  await daecheong.hears("what shall we eat?");
  await daecheong.say("안녕하세요! 오늘은 칼국수 어때요?");
  await ann.hears("칼국수 어때요?");
  written.push("Hello 대청, what shall we eat?", "안녕하세요! 오늘은 칼국수 어때요?");
  await expectOneLog(home, both, written);

  // One of them loses the network for a while, and continues to write.
  await daecheong.goOffline();
  const offline = lines("지하철이라 신호가 없네요", 3);
  const meanwhile = lines("Noodles are fine", 3);
  await Promise.all([daecheong.sayAll(offline), ann.sayAll(meanwhile)]);
  await daecheong.message("신호가 없네요").filter({ hasText: daecheong.text.waiting }).nth(2).waitFor();
  expect(await ann.message("신호가 없네요").count()).toBe(0);
  await daecheong.goOnline();
  written.push(...offline, ...meanwhile);
  await expectOneLog(home, both, written);

  // The server is killed while both type, and starts again.
  const english = lines("Twelve at the door", 20);
  const korean = lines("열두 시에 문 앞에서", 20);
  const typing = Promise.all([ann.sayAll(english), daecheong.sayAll(korean)]);
  await Promise.all([ann.hears("문 앞에서 <6>"), daecheong.hears("the door <6>")]);
  await home.kill();
  await typing;
  for (const person of both) expect(await person.unsent.count(), `${person.name} wrote without a server`).toBeGreaterThan(0);
  await home.start();
  written.push(...english, ...korean);
  await expectOneLog(home, both, written);

  // A reloaded page shows the same.
  await ann.page.reload();
  await ann.inRoom(LUNCH);
  await ann.readToBeginning(LUNCH);
  await expectOneLog(home, both, written);
});
