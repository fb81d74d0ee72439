import { setTimeout as pause } from "node:timers/promises";
import { matches } from "./filter.js";

/** Lambda reads each shard four times a second. */
const POLL_MS = 250;

/** The maximum number of records that one read of a shard returns. */
const PAGE = 1000;

/**
 * @typedef {{ S?: string, N?: string, M?: Record<string, AttributeValue>, L?: AttributeValue[] }} AttributeValue and further types
 *
 * @typedef {object} StreamRecord
 * @property {string} eventName
 * @property {{ SequenceNumber: string, ApproximateCreationDateTime: number, NewImage?: Record<string, AttributeValue> }} dynamodb
 *
 * @typedef {object} Mapping the event of serverless.yml
 * @property {number} batchSize
 * @property {number} maximumRetryAttempts -1 for no bound
 * @property {number} maximumRecordAgeInSeconds -1 for no bound
 * @property {string} [functionResponseType]
 * @property {object[]} [filterPatterns]
 *
 * @typedef {object} StreamOptions
 * @property {import("./dynamodb.js").DynamoDB} dynamodb
 * @property {string} arn
 * @property {Mapping} mapping
 * @property {(event: { Records: StreamRecord[] }) => Promise<unknown>} invoke
 * @property {(line: string) => void} log
 * @property {() => number} [now]
 */

/**
 * Emulates an event source mapping: reads each shard in order, drops the records
 * that the filter does not match, delivers one batch after the other, and
 * retries a failed batch within the mapping's limits of attempts and age.
 */
export class Stream {
  #options;
  #now;
  /** @type {Map<string, Promise<void>>} */
  #shards = new Map();

  /** @param {StreamOptions} options */
  constructor(options) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Reads until the signal is aborted.
   *
   * @param {AbortSignal} signal
   */
  async run(signal) {
    const { dynamodb, arn } = this.#options;
    await untilAborted(signal, async () => {
      const { StreamDescription } = await /** @type {Promise<{ StreamDescription: { Shards: { ShardId: string }[] } }>} */ (
        dynamodb.call("DynamoDBStreams_20120810", "DescribeStream", { StreamArn: arn }, signal)
      );
      for (const { ShardId } of StreamDescription.Shards) {
        if (!this.#shards.has(ShardId)) this.#shards.set(ShardId, this.#follow(ShardId, signal));
      }
      await pause(POLL_MS, undefined, { signal });
    }, this.#options.log);
    await Promise.all(this.#shards.values());
  }

  /** @param {string} shard @param {AbortSignal} signal */
  async #follow(shard, signal) {
    const { dynamodb, arn, mapping } = this.#options;
    /** @type {string | undefined} */
    let iterator;
    /** @type {string | undefined} the last record that was delivered */
    let last;
    let isOver = false;
    await untilAborted(signal, async () => {
      const asked = iterator ?? await this.#iterator(shard, last, signal);
      iterator = undefined; // an expired iterator, as after a laptop's sleep, would fail for ever
      const page = await /** @type {Promise<{ Records: StreamRecord[], NextShardIterator?: string }>} */ (
        dynamodb.call("DynamoDBStreams_20120810", "GetRecords", { ShardIterator: asked, Limit: PAGE }, signal)
      );
      const wanted = page.Records.filter((record) => matches(mapping.filterPatterns, record));
      const records = wanted.map((record) => ({ ...mend(record), eventSourceARN: arn }));
      for (let at = 0; at < records.length; at += mapping.batchSize) await this.deliver(records.slice(at, at + mapping.batchSize), signal);
      last = page.Records.at(-1)?.dynamodb.SequenceNumber ?? last;
      isOver = page.NextShardIterator === undefined;
      iterator = page.NextShardIterator;
      if (page.Records.length === 0 && !isOver) await pause(POLL_MS, undefined, { signal });
    }, this.#options.log, () => isOver);
  }

  /** @param {string} shard @param {string | undefined} last @param {AbortSignal} signal */
  async #iterator(shard, last, signal) {
    const { dynamodb, arn } = this.#options;
    // The home creates its table, so the oldest record is the first one it has to deliver.
    const from = last ? { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: last } : { ShardIteratorType: "TRIM_HORIZON" };
    const input = { StreamArn: arn, ShardId: shard, ...from };
    const { ShardIterator } = await /** @type {Promise<{ ShardIterator: string }>} */ (
      dynamodb.call("DynamoDBStreams_20120810", "GetShardIterator", input, signal)
    );
    return ShardIterator;
  }

  /**
   * Delivers one batch to the function and repeats it after a failure, until it
   * succeeds, the limits of attempts or age are reached, or the signal is aborted.
   *
   * @param {StreamRecord[]} records
   * @param {AbortSignal} signal
   */
  async deliver(records, signal) {
    const { mapping, invoke, log } = this.#options;
    for (let attempt = 0; !signal.aborted && isWithin(attempt, mapping.maximumRetryAttempts); attempt += 1) {
      if (attempt > 0) await pause(POLL_MS, undefined, { signal });
      records = records.filter(({ dynamodb }) =>
        isWithin(this.#now() / 1000 - dynamodb.ApproximateCreationDateTime, mapping.maximumRecordAgeInSeconds));
      if (records.length === 0) return;
      try {
        records = this.#rest(records, await invoke({ Records: records }));
      } catch (error) {
        log(`the stream's event failed (attempt ${attempt + 1}): ${error}\n`);
      }
      if (records.length === 0) return;
    }
    if (!signal.aborted) log(`gave up ${records.length} records\n`);
  }

  /**
   * Returns the records of a batch to deliver again: all from the first failure on.
   *
   * @param {StreamRecord[]} records
   * @param {unknown} answer
   */
  #rest(records, answer) {
    if (this.#options.mapping.functionResponseType !== "ReportBatchItemFailures") return [];
    const { batchItemFailures: failures } = /** @type {{ batchItemFailures?: { itemIdentifier: string }[] | null }} */ (answer ?? {});
    if (!failures || failures.length === 0) return [];
    const failed = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
    const first = records.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber));
    return first < 0 ? records : records.slice(first);
  }
}

/** @param {number} value @param {number} bound -1 for none */
const isWithin = (value, bound) => bound === -1 || value <= bound;

/**
 * Restores the type of empty maps, which DynamoDB Local omits in its stream and AWS does not.
 *
 * @param {StreamRecord} record
 * @returns {StreamRecord}
 */
export function mend(record) {
  const { NewImage: image } = record.dynamodb;
  return image ? { ...record, dynamodb: { ...record.dynamodb, NewImage: mendItem(image) } } : record;
}

/** @param {Record<string, AttributeValue>} item @returns {Record<string, AttributeValue>} */
function mendItem(item) {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, mendValue(value)]));
}

/** @param {AttributeValue} value @returns {AttributeValue} */
function mendValue(value) {
  if (Object.keys(value).length === 0) return { M: {} };
  if (value.M) return { M: mendItem(value.M) };
  return value.L ? { L: value.L.map(mendValue) } : value;
}

/**
 * Repeats a step until the signal is aborted or isOver returns true. A step that
 * fails is logged and tried again.
 *
 * @param {AbortSignal} signal
 * @param {() => Promise<void>} step
 * @param {(line: string) => void} log
 * @param {() => boolean} isOver
 */
async function untilAborted(signal, step, log, isOver = () => false) {
  while (!signal.aborted && !isOver()) {
    try {
      await step();
    } catch (error) {
      if (signal.aborted) return;
      log(`stream: ${error}\n`);
      await pause(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }
}
