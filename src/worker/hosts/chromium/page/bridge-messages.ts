/**
 * Messages between the supervisor in Node and the page in the headless browser that holds its sandboxes: types only.
 * @module
 */

/** From the supervisor; `id` identifies a sandbox and is used once. */
export type ToBridge =
  | { type: 'start'; id: number; owner: string }
  /** `digests`: SHA-256 of files in the message, by name. */
  | { type: 'message'; id: number; message: unknown; digests: Record<string, string> }
  | { type: 'kill'; id: number };

/** From the page. The receiver checks them, since the whole browser is attack surface. */
export type FromBridge =
  | { type: 'started'; id: number }
  | { type: 'failed'; id: number; reason: string }
  | { type: 'message'; id: number; message: unknown }
  | { type: 'exit'; id: number; reason: string; isShared: boolean };

/** Maximum bytes beside the text in one message of a sandbox: the largest value in its segment. */
export const BRIDGE_BODY_BYTES_MAX = 64 * 1024 * 1024 + 64 * 1024;
/** Maximum size of one WebSocket message; a frame may span several. */
export const BRIDGE_PIECE_BYTES = 1024 * 1024;
