/**
 * Messages between the supervisor in Node and the page in the headless browser that holds its sandboxes.
 * @module
 */
import type { Infer } from '../../../../protocol/schema/check.js';
import { object, tagged } from '../../../../protocol/schema/composites.js';
import { anything, boolean, integer, oneOf, truncatedText } from '../../../../protocol/schema/scalars.js';

/** From the supervisor; `id` identifies a sandbox and is used once. */
export type ToBridge =
  | { type: 'start'; id: number; owner: string }
  /** `digests`: SHA-256 of files in the message, by name. */
  | { type: 'message'; id: number; message: unknown; digests: Record<string, string> }
  | { type: 'kill'; id: number };

const REASON_LENGTH_MAX = 500;
const id = integer(0);
const reason = truncatedText(REASON_LENGTH_MAX);

/** From the page. The whole browser is attack surface. */
export const fromBridge = tagged('type', {
  started: object({ type: oneOf('started'), id }),
  failed: object({ type: oneOf('failed'), id, reason }),
  /** A message of the sandbox, which is checked like that of every sandbox. */
  message: object({ type: oneOf('message'), id, message: anything }),
  exit: object({ type: oneOf('exit'), id, reason, isShared: boolean }),
});
export type FromBridge = Infer<typeof fromBridge>;

/** Maximum bytes beside the text in one message of a sandbox: the largest value in its segment. */
export const BRIDGE_BODY_BYTES_MAX = 64 * 1024 * 1024 + 64 * 1024;
/** Maximum size of one WebSocket message; a frame may span several. */
export const BRIDGE_PIECE_BYTES = 1024 * 1024;
