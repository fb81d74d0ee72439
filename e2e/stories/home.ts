/**
 * A home is where Maru lives while a story is told: one address, one set of
 * data, any number of starts. Stories know no more of it than this.
 */
export interface Home {
  /** Where the page is: the same before a restart and after it. */
  readonly baseURL: string;
  /** Resolves once it answers. */
  start(): Promise<void>;
  /** Ends in order; fails when it ends in another way. */
  stop(): Promise<void>;
  /** Ends as a crash does. */
  kill(): Promise<void>;
  /** Makes every token that was given before worthless. Works while it is stopped. */
  revokeTokens(): Promise<void>;
  /** What it has logged so far. */
  output(): string;
}
