/**
 * The limits of one socket, here because both `protocol/` and `transport/` enforce them and neither imports the
 * other. Everybody else takes them from `protocol/limits.ts`.
 * @module
 */
const MiB = 1024 * 1024;

/** One WebSocket message. */
export const MESSAGE_BYTES_MAX = 4 * MiB;
/** From connecting to a proper `hello`. */
export const HANDSHAKE_MS_MAX = 10_000;
/** A peer that says nothing for so long is gone; clients ping at a third of it. */
export const IDLE_MS_MAX = 45_000;
/** Unsent bytes on one socket, past which its peer is not read any more. */
export const SOCKET_BUFFER_BYTES_MAX = 16 * MiB;
/** Unsent bytes on one socket, below which a sender that waited goes on. */
export const SOCKET_BUFFER_BYTES_LOW = 1 * MiB;
/** Messages of one connection that wait for their answer. */
export const REQUESTS_IN_FLIGHT_MAX = 1_024;
/** Connections of one scheduler node. */
export const CONNECTIONS_MAX = 10_000;
