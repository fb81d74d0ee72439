import { expect, it } from "vitest";
import { FunctionError } from "./bootstrap.js";
import { behindGateway } from "./gateway.js";

const SOCKET = { events: [{ websocket: { route: "$connect" } }, { websocket: { route: "$default" } }] };
const message = (routeKey: string): object => ({ requestContext: { eventType: "MESSAGE", routeKey }, body: "{}" });
const failing = (type: string, text: string) => (): Promise<never> => Promise.reject(new FunctionError(type, text));

it("names $default where the API has no such route", async () => {
  expect(await behindGateway(SOCKET, async (event) => event)(message("join"))).toEqual(message("$default"));
});

it("leaves other events as they are", async () => {
  for (const event of [message("$default"), { requestContext: { eventType: "CONNECT", routeKey: "$connect" } }, { Records: [] }, null]) {
    expect(await behindGateway(SOCKET, async (given) => given)(event)).toBe(event);
  }
});

it("refuses a socket with 401 where the authorizer says so", async () => {
  expect(await behindGateway({}, failing("Error", "Unauthorized"))({})).toBe("Unauthorized");
});

it("lets any other failure of a socket's function through", async () => {
  await expect(behindGateway(SOCKET, failing("Runtime.ExitError", "killed"))({})).rejects.toThrow("killed");
});

it.each([
  { name: "a crash", type: "Runtime.ExitError", status: 500, text: "Internal Server Error" },
  { name: "a function that takes too long", type: "Sandbox.Timedout", status: 503, text: "Service Unavailable" },
])("answers HTTP for $name as an HTTP API does", async ({ type, status, text }) => {
  const answer = await behindGateway({ events: [{ httpApi: "*" }] }, failing(type, "x"))({});
  expect(answer).toMatchObject({ statusCode: status, body: JSON.stringify({ message: text }) });
});
