import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { Text } from "../../web/src/ui/text.ts";

/**
 * Somebody at a page: what people do there and see there, by the roles and the
 * names that a screen reader would say, in the language of the page.
 */
export class Person {
  constructor(
    readonly name: string,
    readonly page: Page,
    readonly text: Text,
    private readonly hasTouch: boolean,
  ) {}

  /** The same person in one more tab of the same browser. */
  async newTab(): Promise<Person> {
    const page = await this.page.context().newPage();
    await page.goto("/");
    return new Person(this.name, page, this.text, this.hasTouch);
  }

  async signIn(): Promise<void> {
    await this.nameField.fill(this.name);
    await this.page.getByRole("button", { name: this.text.start }).click();
    await this.connected();
  }

  async createRoom(title: string, visibility: "public" | "private" = "public"): Promise<void> {
    await this.backToRooms();
    await this.page.getByRole("button", { name: this.text.newRoom }).click();
    const dialog = this.dialog(this.text.newRoom);
    await dialog.getByRole("textbox", { name: this.text.roomName }).fill(title);
    if (visibility === "private") await dialog.getByRole("checkbox", { name: this.text.isPrivate }).check();
    await dialog.getByRole("button", { name: this.text.create }).click();
    await this.inRoom(title);
  }

  /** Finds a public room and joins it. */
  async findRoom(title: string): Promise<void> {
    await this.backToRooms();
    await this.page.getByRole("button", { name: this.text.findRooms }).click();
    const dialog = this.dialog(this.text.findRooms);
    await dialog.getByRole("button", { name: this.text.joinRoom(title) }).click();
    await this.inRoom(title);
  }

  /** Opens a room that one is in. */
  async openRoom(title: string): Promise<void> {
    await this.backToRooms();
    await this.roomLink(title).click();
    await this.inRoom(title);
  }

  /** On a phone the list of rooms and a room are not seen at once. */
  async backToRooms(): Promise<void> {
    const back = this.page.getByRole("button", { name: this.text.back });
    if (await back.isVisible()) await back.click();
  }

  async inRoom(title: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor();
  }

  /** Makes an invite to the open room and returns its link. */
  async invite(): Promise<string> {
    await this.page.getByRole("button", { name: this.text.invite, exact: true }).click();
    const dialog = this.dialog(this.text.invite);
    await dialog.getByRole("button", { name: this.text.copy, disabled: false }).waitFor();
    const link = await dialog.getByRole("textbox", { name: this.text.inviteLink }).inputValue();
    await dialog.getByRole("button", { name: this.text.close }).click();
    return link;
  }

  /** Follows an invite link and joins the room that it leads to. */
  async accept(link: string, title: string): Promise<void> {
    await this.page.goto(link);
    const dialog = this.dialog(this.text.invite);
    await dialog.getByText(this.text.invitedTo(title)).waitFor();
    await dialog.getByRole("button", { name: this.text.join }).click();
    await this.inRoom(title);
  }

  /** Writes into the open room; the words show here at once. */
  async say(words: string): Promise<void> {
    await this.write(words);
    await this.message(words).first().waitFor();
  }

  /** Writes words that the page may show in another way, as it does with code. */
  async write(words: string): Promise<void> {
    await this.composer.fill(words);
    await this.composer.press("Enter");
  }

  async sayAll(all: readonly string[]): Promise<void> {
    for (const words of all) await this.say(words);
  }

  async hears(words: string): Promise<void> {
    await this.message(words).waitFor();
  }

  /** Everything that was written here is in the log. */
  async isSettled(): Promise<void> {
    await expect.poll(() => this.unsent.count(), { timeout: 45_000, message: `messages of ${this.name} on their way` }).toBe(0);
  }

  /** Shows what can be done with the first message of these words, and does the one of that name. */
  async act(words: string, action: string): Promise<void> {
    const message = this.message(words).first();
    if (this.hasTouch) await message.tap();
    else await message.hover();
    await message.getByRole("button", { name: action, exact: true }).click();
  }

  /** Scrolls up through all older messages to the first one. */
  async readToBeginning(title: string): Promise<void> {
    const beginning = this.log.getByText(this.text.beginning(title));
    await this.log.hover();
    while (!(await beginning.isVisible())) {
      const before = await this.messages.count();
      await this.page.mouse.wheel(0, -100_000);
      await this.messages.nth(before).or(beginning).first().waitFor();
    }
  }

  async connected(): Promise<void> {
    await this.status(this.text.connected).waitFor();
  }

  async goOffline(): Promise<void> {
    await this.page.context().setOffline(true);
    await this.status(this.text.offline).waitFor();
  }

  async goOnline(): Promise<void> {
    await this.page.context().setOffline(false);
    await this.connected();
  }

  /** The state of the connection, where the page says it. */
  status(words: string): Locator {
    return this.page.getByRole("status").filter({ hasText: words, visible: true });
  }

  dialog(name: string): Locator {
    return this.page.getByRole("dialog", { name });
  }

  /** A room in the list; what is unread follows its title. */
  roomLink(title: string): Locator {
    return this.page.getByRole("navigation", { name: this.text.rooms }).getByRole("link", { name: title });
  }

  message(words: string): Locator {
    return this.messages.filter({ hasText: words });
  }

  get messages(): Locator {
    return this.log.getByRole("article");
  }

  get log(): Locator {
    return this.page.getByRole("log", { name: this.text.messages });
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: this.text.message, exact: true });
  }

  get nameField(): Locator {
    return this.page.getByRole("textbox", { name: this.text.yourName });
  }

  /** Own messages that are not in the log, as far as this page knows. */
  get unsent(): Locator {
    const { sending, waiting, sent, failed, unknown } = this.text;
    return this.messages.filter({ hasText: new RegExp(`(${sending}|${waiting}|${sent})$|${failed}|${unknown}`) });
  }
}
