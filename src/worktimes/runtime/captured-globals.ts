/**
 * Defines the captured constants of a job as globals, so that the source of its work function stays as it is.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

const { defineProperty, entries, freeze, getOwnPropertyDescriptor, values } = Object;

/** @throws ASSIGN_FAILED where a name cannot be defined */
export function defineCaptured(scope: object, constants: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of entries(constants)) {
    if (getOwnPropertyDescriptor(scope, name)?.configurable === false)
      throw new ManyhandsError('ASSIGN_FAILED', `The captured constant ${name} would replace a global.`);
    defineProperty(scope, name, {
      value: freezeAll(value),
      configurable: false,
      enumerable: false,
      writable: false,
    });
  }
}

/** Slices share the constants: a change by one of them would be seen by the next ones of this sandbox alone. */
function freezeAll(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of values(value)) freezeAll(part);
  return freeze(value);
}
