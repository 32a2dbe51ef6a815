/**
 * Messages between the supervisor and the Deno process of one sandbox, over standard input and output. The process imports
 * their types only.
 * @module
 */
import type { Infer } from '../../../../protocol/schema/check.js';
import { object, tagged } from '../../../../protocol/schema/composites.js';
import { anything, oneOf, truncatedText } from '../../../../protocol/schema/scalars.js';

/** From the supervisor. */
export type ToDeno =
  /** The first message: the script that the sandbox's Worker runs. */
  | { type: 'open'; script: Uint8Array }
  /** A message for the sandbox. */
  | { type: 'message'; message: unknown };

const REASON_LENGTH_MAX = 500;
const reason = truncatedText(REASON_LENGTH_MAX);

/** From the process. Job code that escaped from the Worker could write here. */
export const fromDeno = tagged('type', {
  /** The Worker was started. `finding`: permissions that the process must not have; empty if it has none. */
  up: object({ type: oneOf('up'), finding: reason }),
  /** A message of the sandbox, which is checked like that of every sandbox. */
  message: object({ type: oneOf('message'), message: anything }),
  /** The Worker ended without being killed. */
  exit: object({ type: oneOf('exit'), reason }),
});
export type FromDeno = Infer<typeof fromDeno>;
