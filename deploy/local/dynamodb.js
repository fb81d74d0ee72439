/** A client of DynamoDB Local: a few operations do not need an SDK. */
export class DynamoDB {
  #url;

  /** @param {string} url */
  constructor(url) {
    this.#url = url;
  }

  /**
   * @template T
   * @param {"DynamoDB_20120810" | "DynamoDBStreams_20120810"} api
   * @param {string} operation
   * @param {object} input
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  async call(api, operation, input, signal) {
    // fetch leaves its listener on a signal until garbage is collected, and a stream polls with the same signal for hours.
    const call = new AbortController();
    const abort = () => call.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      return await this.#fetch(api, operation, input, call.signal);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** @param {string} api @param {string} operation @param {object} input @param {AbortSignal} signal */
  async #fetch(api, operation, input, signal) {
    const answer = await fetch(this.#url, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": `${api}.${operation}`,
        // The least that DynamoDB Local accepts as a signature.
        Authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none",
      },
      body: JSON.stringify(input),
      signal,
    });
    const body = /** @type {any} */ (await answer.json());
    if (!answer.ok) throw Object.assign(new Error(`${operation}: ${body.message ?? body.Message ?? answer.status}`), { type: String(body.__type) });
    return body;
  }

  /**
   * Creates the table that the template describes, unless it exists.
   *
   * @param {string} name
   * @param {Record<string, any>} properties of the AWS::DynamoDB::Table
   * @returns {Promise<string>} the ARN of its stream
   */
  async ensureTable(name, properties) {
    const { AttributeDefinitions, KeySchema, BillingMode, StreamSpecification, TimeToLiveSpecification } = properties;
    try {
      await this.call("DynamoDB_20120810", "CreateTable", {
        TableName: name, AttributeDefinitions, KeySchema, BillingMode,
        StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
      });
      await this.call("DynamoDB_20120810", "UpdateTimeToLive", { TableName: name, TimeToLiveSpecification });
    } catch (error) {
      if (!/ResourceInUseException/.test(/** @type {{ type?: string }} */ (error).type ?? "")) throw error;
    }
    const { Table } = await /** @type {Promise<{ Table: { LatestStreamArn: string } }>} */ (
      this.call("DynamoDB_20120810", "DescribeTable", { TableName: name })
    );
    return Table.LatestStreamArn;
  }
}
