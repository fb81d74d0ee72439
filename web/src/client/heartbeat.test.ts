import { describe, expect, it } from "vitest";
import { Heartbeat } from "./heartbeat.ts";
import { TestClock } from "./testclock.ts";

function setUp() {
  const clock = new TestClock();
  const said: string[] = [];
  const page = { isHidden: false, changed: (): void => undefined };
  const heartbeat = new Heartbeat({
    clock,
    visibility: {
      isHidden: () => page.isHidden,
      onChange: (listener) => {
        page.changed = listener;
        return () => undefined;
      },
    },
    beat: (scope) => void said.push(scope),
    hide: (isHidden) => void said.push(isHidden ? "hidden" : "shown"),
  });
  const hide = (isHidden: boolean): void => {
    page.isHidden = isHidden;
    page.changed();
  };
  heartbeat.start();
  return { clock, said, hide, heartbeat };
}

describe("Heartbeat", () => {
  it("asks for the room on screen every minute, and for all rooms instead every fifth minute", async () => {
    const { clock, said } = setUp();
    await clock.advance(60_000);
    expect(said).toEqual(["screen"]);
    await clock.advance(5 * 60_000);
    expect(said).toEqual(["screen", "screen", "screen", "screen", "all", "screen"]);
  });

  it("reports after a minute that the page is hidden, and asks for all rooms when it is shown", async () => {
    const { clock, said, hide } = setUp();
    hide(true);
    await clock.advance(59_999);
    expect(said).toEqual([]);
    await clock.advance(1);
    expect(said).toContain("hidden");
    await clock.advance(3 * 60_000);
    expect(said.filter((s) => s === "screen").length).toBeLessThan(2);
    said.length = 0;
    hide(false);
    expect(said).toEqual(["shown", "all"]);
  });

  it("does not report a short absence", async () => {
    const { clock, said, hide } = setUp();
    hide(true);
    await clock.advance(30_000);
    hide(false);
    expect(said).toEqual(["all"]);
  });

  it("tells a new connection that the page is hidden", async () => {
    const { clock, said, hide, heartbeat } = setUp();
    hide(true);
    await clock.advance(60_000);
    said.length = 0;
    heartbeat.onReady();
    expect(said).toEqual(["hidden"]);
  });

  it("does nothing once stopped", async () => {
    const { clock, said, heartbeat } = setUp();
    heartbeat.stop();
    await clock.advance(20 * 60_000);
    expect(said).toEqual([]);
  });
});
