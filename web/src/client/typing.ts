/**
 * The shortest time between two typing signs of a page. In the serverless home a
 * sign costs as much as a message, since it is pushed to everybody in the room.
 */
export const TYPING_EVERY_MS = 5_000;

/** How long a typing sign is shown: longer than the time to the next one, so that a late sign leaves no gap. */
export const TYPING_SHOWN_MS = 8_000;
