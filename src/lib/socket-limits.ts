/**
 * Limits of sockets. They are here since both `protocol/` and `transport/` enforce them and neither imports the other; other
 * code imports them from `protocol/limits.ts`.
 * @module
 */
const MiB = 1024 * 1024;

/** One WebSocket message. */
export const MESSAGE_BYTES_MAX = 4 * MiB;
/** From the connection to a valid `hello`. */
export const HANDSHAKE_MS_MAX = 10_000;
/** A connection on which nothing is received for so long is ended; clients ping at a third of it. */
export const IDLE_MS_MAX = 45_000;
/** Unsent bytes on one socket, past which the scheduler closes it. */
export const SOCKET_BUFFER_BYTES_MAX = 16 * MiB;
/** Unsent bytes on one socket, below which a waiting sender continues. */
export const SOCKET_BUFFER_BYTES_LOW = 1 * MiB;
/** Requests of one connection without a reply. */
export const REQUESTS_IN_FLIGHT_MAX = 1_024;
/** Connections of one scheduler node. */
export const CONNECTIONS_MAX = 10_000;
