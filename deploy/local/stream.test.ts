import { describe, expect, it } from "vitest";
import { DynamoDB } from "./dynamodb.js";
import { matches } from "./filter.js";
import { mend, Stream, type StreamRecord } from "./stream.js";

const NOW_MS = 1_000_000_000;

const record = (number: number, ageS = 0): StreamRecord => ({
  eventName: "INSERT",
  dynamodb: { SequenceNumber: String(number), ApproximateCreationDateTime: NOW_MS / 1000 - ageS },
});

/** Delivers one batch to a function that answers as told, and returns the batches that it got. */
async function deliver(records: StreamRecord[], answers: (unknown | Error)[]): Promise<string[][]> {
  const got: string[][] = [];
  const stream = new Stream({
    dynamodb: new DynamoDB("http://127.0.0.1:1"), arn: "arn", log: () => {}, now: () => NOW_MS,
    mapping: { batchSize: 100, maximumRetryAttempts: 2, maximumRecordAgeInSeconds: 60, functionResponseType: "ReportBatchItemFailures" },
    invoke: async ({ Records }) => {
      got.push(Records.map(({ dynamodb }) => dynamodb.SequenceNumber));
      const answer = answers[got.length - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  await stream.deliver(records);
  return got;
}

describe("Stream", () => {
  it("delivers a batch once when it is taken", async () => {
    expect(await deliver([record(1), record(2)], [{ batchItemFailures: [] }])).toEqual([["1", "2"]]);
  });

  it("delivers a batch again from the first failure on", async () => {
    const answers = [{ batchItemFailures: [{ itemIdentifier: "3" }, { itemIdentifier: "2" }] }, {}];
    expect(await deliver([record(1), record(2), record(3)], answers)).toEqual([["1", "2", "3"], ["2", "3"]]);
  });

  it("delivers the whole batch again when the function fails, twice at most", async () => {
    const crash = new Error("crash");
    expect(await deliver([record(1)], [crash, crash, crash, crash])).toEqual([["1"], ["1"], ["1"]]);
  });

  it("delivers the whole batch again when a failure names no record", async () => {
    expect(await deliver([record(1)], [{ batchItemFailures: [{ itemIdentifier: "" }] }, null])).toEqual([["1"], ["1"]]);
  });

  it("leaves out what is older than the mapping says", async () => {
    expect(await deliver([record(1, 61), record(2, 60)], [null])).toEqual([["2"]]);
    expect(await deliver([record(1, 61)], [])).toEqual([]);
  });
});

it("gives an empty map its type back", () => {
  const image = { rx: {}, deep: { M: { rx: {}, list: { L: [{}, { S: "x" }] } } }, n: { N: "1" } };
  const mended = { rx: { M: {} }, deep: { M: { rx: { M: {} }, list: { L: [{ M: {} }, { S: "x" }] } } }, n: { N: "1" } };
  expect(mend({ ...record(1), dynamodb: { ...record(1).dynamodb, NewImage: image } }).dynamodb.NewImage).toEqual(mended);
  expect(mend(record(1))).toEqual(record(1));
});

describe("the filter", () => {
  const pattern = [{ eventName: ["INSERT"], dynamodb: { NewImage: { push: { S: ["stream"] } } } }];
  const event = (push: string | null, eventName = "INSERT"): object => ({ eventName, dynamodb: { NewImage: push ? { push: { S: push } } : {} } });

  it.each([
    { name: "takes an insert with the mark", event: event("stream"), is: true },
    { name: "leaves an insert without", event: event(null), is: false },
    { name: "leaves another mark", event: event("direct"), is: false },
    { name: "leaves a change", event: event("stream", "MODIFY"), is: false },
    { name: "leaves a removal", event: { eventName: "REMOVE", dynamodb: {} }, is: false },
  ])("$name", ({ event: given, is }) => expect(matches(pattern, given)).toBe(is));

  it("takes all without a pattern", () => expect(matches(undefined, event(null))).toBe(true));
  it("refuses what it does not understand", () => expect(() => matches([{ eventName: [{ prefix: "IN" }] }], event(null))).toThrow("operators"));
});
