/**
 * The wire between a supervisor and the Deno process of one sandbox, over its standard input and output: types only.
 * @module
 */

/** From the supervisor. */
export type ToDeno =
  /** The first: the script that the sandbox's Worker runs. */
  | { type: 'open'; script: Uint8Array }
  /** For the sandbox. */
  | { type: 'message'; message: unknown };

/** From the process; unchecked, since job code that got out of the Worker could write here. */
export type FromDeno =
  /** The Worker is there. `finding`: what the process may do that it must not; empty where all is well. */
  | { type: 'up'; finding: string }
  | { type: 'message'; message: unknown }
  /** The Worker ended by itself. */
  | { type: 'exit'; reason: string };
