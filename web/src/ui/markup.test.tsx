// @vitest-environment happy-dom
import { render } from "preact";
import { describe, expect, it } from "vitest";
import { Words } from "./markup.tsx";

function shown(text: string, names: readonly string[] = []): HTMLElement {
  const place = document.createElement("div");
  render(<Words text={text} names={names} />, place);
  return place;
}

describe("Words", () => {
  it.each([
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "javascript:alert(1)",
    '"><svg onload=alert(1)>',
    "`<b>code</b>`",
    "&lt;b&gt;",
  ])("shows %s as plain text", (text) => {
    const place = shown(text);
    expect(place.querySelectorAll("img, script, svg, a, b")).toHaveLength(0);
    expect(place.textContent).toBe(text.replaceAll("`", ""));
  });

  it.each([
    ["see https://a.example/b?c=d&e=f#g.", "https://a.example/b?c=d&e=f#g"],
    ["(https://a.example)", "https://a.example"],
    ["https://a.example/w_(x)", "https://a.example/w_(x)"],
    ["주소는 https://a.example/점심 입니다", "https://a.example/점심"],
  ])("makes a link of the address in %s", (text, address) => {
    const place = shown(text);
    expect(place.querySelector("a")?.getAttribute("href")).toBe(address);
    expect(place.querySelector("a")?.getAttribute("rel")).toContain("noopener");
    expect(place.textContent).toBe(text);
  });

  it("marks code, in a line and in a block", () => {
    const place = shown("run `make` or\n```sh\nmake test\n```\nthen");
    expect([...place.querySelectorAll("code")].map((code) => code.textContent)).toEqual(["make", "make test"]);
  });

  it("marks mentioned names, the longest first", () => {
    const place = shown("@김민 @김민수님 @a.b", ["김민", "김민수", "a.b"]);
    expect([...place.querySelectorAll(".mention-name")].map((name) => name.textContent)).toEqual(["@김민", "@김민수", "@a.b"]);
  });
});
