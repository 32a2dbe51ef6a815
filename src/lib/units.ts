/**
 * The unit of amounts of credits: 1 credit is 10^9 units, and units are integers.
 * @module
 */

/** The largest amount in units: that of a signed 64-bit integer, which databases store. */
export const UNITS_MAX = 2n ** 63n - 1n;
