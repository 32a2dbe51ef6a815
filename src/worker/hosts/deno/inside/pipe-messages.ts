/**
 * Messages between the supervisor and the Deno process of one sandbox, over standard input and output: types only.
 * @module
 */

/** From the supervisor. */
export type ToDeno =
  /** The first message: the script that the sandbox's Worker runs. */
  | { type: 'open'; script: Uint8Array }
  /** A message for the sandbox. */
  | { type: 'message'; message: unknown };

/** From the process. The receiver checks them, since job code that escaped from the Worker could write here. */
export type FromDeno =
  /** The Worker was started. `finding`: permissions that the process must not have; empty if it has none. */
  | { type: 'up'; finding: string }
  | { type: 'message'; message: unknown }
  /** The Worker ended without being killed. */
  | { type: 'exit'; reason: string };
