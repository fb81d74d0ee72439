import { describe, expect, it } from "vitest";
import { DynamoDB } from "./dynamodb.js";
import { matches } from "./filter.js";
import { mend, Stream, type Mapping, type StreamRecord } from "./stream.js";

const NOW_MS = 1_000_000_000;

const record = (number: number, ageS = 0): StreamRecord => ({
  eventName: "INSERT",
  dynamodb: { SequenceNumber: String(number), ApproximateCreationDateTime: NOW_MS / 1000 - ageS },
});

/** Delivers one batch to a function that gives these answers, and returns the batches that it received. */
async function deliver(records: StreamRecord[], answers: (unknown | Error)[], limits: Partial<Mapping> = {}): Promise<string[][]> {
  const got: string[][] = [];
  const stopping = new AbortController();
  const stream = new Stream({
    dynamodb: new DynamoDB("http://127.0.0.1:1"), arn: "arn", log: () => {}, now: () => NOW_MS,
    mapping: { batchSize: 100, maximumRetryAttempts: 2, maximumRecordAgeInSeconds: 60, functionResponseType: "ReportBatchItemFailures", ...limits },
    invoke: async ({ Records }) => {
      got.push(Records.map(({ dynamodb }) => dynamodb.SequenceNumber));
      const answer = answers[got.length - 1];
      if (answer === "stop") {
        stopping.abort();
        throw new Error("the home ends");
      }
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  await stream.deliver(records, stopping.signal);
  return got;
}

describe("Stream", () => {
  it("delivers a batch once when it succeeds", async () => {
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

  it("delivers without end where the mapping says so, until the home ends", async () => {
    const crash = new Error("crash");
    const limits = { maximumRetryAttempts: -1, maximumRecordAgeInSeconds: -1 };
    expect(await deliver([record(1, 86_400)], [crash, crash, crash, crash, null], limits)).toHaveLength(5);
    expect(await deliver([record(1)], [crash, "stop"], limits)).toHaveLength(2);
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

  it("accepts a record that matches one of several patterns", () => {
    expect(matches([{ eventName: ["MODIFY"] }, { eventName: ["INSERT"] }], { eventName: "INSERT" })).toBe(true);
    expect(matches([{ eventName: ["MODIFY"] }], { eventName: "INSERT" })).toBe(false);
  });
  it("drops a record with another value", () => expect(matches(pattern, { eventName: "INSERT", dynamodb: { NewImage: { push: { S: "direct" } } } })).toBe(false));
  it("accepts everything when there is no pattern", () => expect(matches(undefined, {})).toBe(true));
  it("refuses a pattern with operators", () => expect(() => matches([{ eventName: [{ prefix: "IN" }] }], {})).toThrow("operators"));
});
