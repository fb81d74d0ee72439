/**
 * Reports whether an event matches any pattern of an event source mapping's
 * filter. A pattern is an object whose leaves list the accepted values. Patterns
 * with operators (prefix, numeric…) are refused: Maru uses none.
 *
 * @param {readonly object[] | undefined} patterns
 * @param {unknown} event
 * @returns {boolean}
 */
export function matches(patterns, event) {
  return !patterns || patterns.length === 0 || patterns.some((pattern) => fits(pattern, event));
}

/**
 * @param {unknown} pattern
 * @param {unknown} value
 * @returns {boolean}
 */
function fits(pattern, value) {
  if (Array.isArray(pattern)) {
    if (pattern.some((leaf) => typeof leaf === "object" && leaf !== null)) {
      throw new Error(`a filter with operators is not understood here: ${JSON.stringify(pattern)}`);
    }
    return pattern.includes(value);
  }
  if (typeof pattern !== "object" || pattern === null) throw new Error(`a filter's leaf is a list: ${JSON.stringify(pattern)}`);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(pattern).every(([key, inner]) => fits(inner, /** @type {Record<string, unknown>} */ (value)[key]));
}
