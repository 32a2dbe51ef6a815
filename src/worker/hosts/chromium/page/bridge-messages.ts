/**
 * The wire between a supervisor in Node and the page in a browser without a window that holds its sandboxes: types only.
 * @module
 */

/** From the supervisor; `id` names a sandbox, and is used once. */
export type ToBridge =
  | { type: 'start'; id: number; owner: string }
  /** `digests`: SHA-256 of files that the message brings, by name. */
  | { type: 'message'; id: number; message: unknown; digests: Record<string, string> }
  | { type: 'kill'; id: number };

/** From the page: unchecked, since a browser is large. */
export type FromBridge =
  | { type: 'started'; id: number }
  | { type: 'failed'; id: number; reason: string }
  | { type: 'message'; id: number; message: unknown }
  | { type: 'exit'; id: number; reason: string; isShared: boolean };

/** What one sandbox may send with one message: a value of the greatest size in its segment. */
export const BRIDGE_BODY_BYTES_MAX = 64 * 1024 * 1024 + 64 * 1024;
/** One message of the socket; a frame may take many. */
export const BRIDGE_PIECE_BYTES = 1024 * 1024;
