/**
 * The first message of either side.
 * @module
 */
import { NAME_LENGTH_MAX } from '../limits.js';
import type { Check, MapOf } from '../schema/check.js';
import { object, optional } from '../schema/composites.js';
import { integer, oneOf, text, units } from '../schema/scalars.js';
import { digest, name, wallMs } from './fields.js';
import { PROTOCOL_VERSION } from './version.js';
import { worker, worktimeNames } from './workers.js';

/** The version that this side speaks: the codec refuses another one before it checks the other fields. */
const protocol = integer(PROTOCOL_VERSION, PROTOCOL_VERSION);

const helloFields = {
  protocol,
  /** For the logs. */
  software: name,
  role: oneOf('deployer', 'worker', 'operator'),
  /** Of a worker: its description. */
  worker: optional(worker),
  /** Of an operator: the token in the scheduler's data folder. */
  operatorToken: optional(text(NAME_LENGTH_MAX)),
};
export interface HelloFields extends MapOf<typeof helloFields> {}
export const hello: Check<HelloFields> = object(helloFields);
/** The first message of a client. */
export interface Hello extends HelloFields {
  type: 'hello';
}

const welcomeFields = {
  protocol,
  /** For the logs. */
  software: name,
  /**
   * The salt of the EIP-712 domain of everything that is signed for this scheduler, so that a signature cannot be used at
   * another one; the same after a restart.
   */
  schedulerId: digest,
  /** Wall time of the scheduler, milliseconds. */
  nowMs: wallMs,
  /** What a client signs to prove its address or a group's secret: random for each connection. */
  challenge: digest,
  /** What a job may ask for. */
  worktimes: worktimeNames,
  /** The lowest price of a slice that this scheduler accepts, in units. */
  minimumPrice: units,
};
export interface WelcomeFields extends MapOf<typeof welcomeFields> {}
export const welcome: Check<WelcomeFields> = object(welcomeFields);
/** The first message of the scheduler. */
export interface Welcome extends WelcomeFields {
  type: 'welcome';
}
