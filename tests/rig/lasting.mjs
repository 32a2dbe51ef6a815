/**
 * Time that is itself what a test is about: how long a fault lasts, how often a process acts. Whoever waits for something
 * waits for that: nobody else than who makes faults may use this.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after so many milliseconds. */
export const lasting = (ms) => sleep(ms);
