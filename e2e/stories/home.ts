/**
 * A running Maru of one kind, resident or serverless: one address, one set of
 * data, any number of starts. Stories use only this interface.
 */
export interface Home {
  /** The address of the page, which a restart does not change. */
  readonly baseURL: string;
  /** Resolves once the home answers. */
  start(): Promise<void>;
  /** Stops the home; rejects when it does not stop cleanly. */
  stop(): Promise<void>;
  /** Kills the home as a crash does. */
  kill(): Promise<void>;
  /** Invalidates every token issued before. The home must be stopped. */
  revokeTokens(): Promise<void>;
  /** Returns what the home has logged so far. */
  output(): string;
}
