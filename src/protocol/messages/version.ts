/**
 * The version of the protocol. It is raised when an older peer could misread a message of a newer one.
 * @module
 */
export const PROTOCOL_VERSION = 4;
