/**
 * The version of the wire. It changes when an old peer could misread a new one.
 * @module
 */
export const PROTOCOL_VERSION = 2;
