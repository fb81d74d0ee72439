import { getEventListeners, once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { DynamoDB } from "./dynamodb.js";

let stop: (() => void) | undefined;
afterEach(() => stop?.());

async function databaseThat(answers: RequestListener): Promise<DynamoDB> {
  const server = createServer(answers).listen(0, "127.0.0.1");
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  await once(server, "listening");
  return new DynamoDB(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const describeStream = (database: DynamoDB, signal: AbortSignal) =>
  database.call<unknown>("DynamoDBStreams_20120810", "DescribeStream", {}, signal);

describe("DynamoDB", () => {
  it("leaves nothing on the signal of a call that has ended", async () => {
    const database = await databaseThat((_, response) => response.end("{}"));
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) expect(await describeStream(database, signal)).toEqual({});
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends a call that waits when its signal is aborted", async () => {
    const stopping = new AbortController();
    const database = await databaseThat(() => stopping.abort(new Error("the home ends")));
    await expect(describeStream(database, stopping.signal)).rejects.toThrow("the home ends");
    expect(getEventListeners(stopping.signal, "abort")).toEqual([]);
  });

  it("does not begin a call whose signal is aborted", async () => {
    const database = await databaseThat((_, response) => response.end("{}"));
    await expect(describeStream(database, AbortSignal.abort(new Error("the home ends")))).rejects.toThrow("the home ends");
  });
});
