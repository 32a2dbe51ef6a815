/**
 * The settings for the packages of a job: what it requires, and where that is taken from.
 * @module
 */
import { invalidArgument } from '../arguments/check-arguments.js';
import { describeValue } from '../../lib/options.js';
import { MODULE_FILES_MAX } from '../../protocol/limits.js';

/** One entry or several; an empty list for none. */
export type TextOrUrl = string | URL;

/** As they are kept. */
export interface ModuleSettings {
  readonly modules: readonly TextOrUrl[];
  readonly wheels: readonly TextOrUrl[];
}

/** The texts and URLs that were assigned, as a list of their own. @throws INVALID_ARGUMENT */
export function checkTexts(name: string, given: TextOrUrl | readonly TextOrUrl[]): readonly TextOrUrl[] {
  const list: readonly unknown[] = Array.isArray(given) ? (given as unknown[]) : [given];
  if (list.length > MODULE_FILES_MAX)
    throw invalidArgument(`${name} has ${list.length} entries; at most ${MODULE_FILES_MAX} are taken.`);
  return Object.freeze(
    list.map((one) => {
      if (one instanceof URL || (typeof one === 'string' && one.trim() !== '')) return one;
      throw invalidArgument(
        `${name} must be a string or a URL, or an array of them; got ${describeValue(one)}.`,
      );
    }),
  );
}
