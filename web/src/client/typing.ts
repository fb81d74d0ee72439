/**
 * How often a page says at most that somebody is writing. In the serverless home
 * such a sign costs as much as a message to everybody in the room.
 */
export const TYPING_EVERY_MS = 5_000;

/** How long somebody counts as writing after they said so: until the next sign, be it late. */
export const TYPING_SHOWN_MS = 8_000;
