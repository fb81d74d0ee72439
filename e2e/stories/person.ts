import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { Text } from "../../web/src/ui/text.ts";

/**
 * A person who uses a page. Elements are found by the roles and names that a
 * screen reader would announce, in the language of the page.
 */
export class Person {
  constructor(
    readonly name: string,
    readonly page: Page,
    readonly text: Text,
    private readonly hasTouch: boolean,
  ) {}

  /** Opens another tab of the same browser. */
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

  /** Opens a room that the person is a member of. */
  async openRoom(title: string): Promise<void> {
    await this.backToRooms();
    await this.roomLink(title).click();
    await this.inRoom(title);
  }

  /** Goes back to the list of rooms, which a phone does not show beside a room. */
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

  /** Writes into the open room and waits until the words show on this page. */
  async say(words: string): Promise<void> {
    await this.write(words);
    await this.message(words).first().waitFor();
  }

  /** Writes words that the page may show differently, such as code. */
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

  /** Waits until everything that was written on this page is in the log. */
  async isSettled(): Promise<void> {
    await expect.poll(() => this.unsent.count(), { timeout: 45_000, message: `messages of ${this.name} on their way` }).toBe(0);
  }

  /** Performs an action on the first message with these words. */
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

  /** The connection state that the page shows. */
  status(words: string): Locator {
    return this.page.getByRole("status").filter({ hasText: words, visible: true });
  }

  dialog(name: string): Locator {
    return this.page.getByRole("dialog", { name });
  }

  /** A room's link in the list; its name begins with the title and may end with unread counts. */
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

  /** The person's messages that this page does not know to be in the log. */
  get unsent(): Locator {
    const { sending, waiting, sent, failed, unknown } = this.text;
    return this.messages.filter({ hasText: new RegExp(`(${sending}|${waiting}|${sent})$|${failed}|${unknown}`) });
  }
}
