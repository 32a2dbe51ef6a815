/**
 * The packages that a job ships for its source to import: files that its worktime unpacks, each a blob that workers cache
 * by its digest.
 * @module
 */
import {
  BLOB_BYTES_MAX,
  MODULE_FILES_BYTES_MAX,
  MODULE_FILES_MAX,
  MODULE_IMPORTS_MAX,
  MODULE_NAME_LENGTH_MAX,
} from '../limits.js';
import { digest } from '../messages/fields.js';
import type { Check, Infer, MapOf } from '../schema/check.js';
import { array, exact, optional, refine } from '../schema/composites.js';
import { integer, text } from '../schema/scalars.js';

/** The name of a file as its package index has it: no path, nothing that a file system could read otherwise. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+!-]*$/;
const MODULE_NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

const file = exact({
  /** Its file name, which says how it is unpacked: `numpy-2.0.2-cp312-cp312-pyodide_2024_0_wasm32.whl`. */
  name: refine(text(MODULE_NAME_LENGTH_MAX, 1), (one) => FILE_NAME.test(one), 'a file name'),
  blob: digest,
  bytes: integer(1, BLOB_BYTES_MAX),
});
export type ModuleFile = Infer<typeof file>;

/** In ascending order, so that each set has exactly one encoding. */
function isAscending(names: readonly string[]): boolean {
  return names.length > 0 && names.every((one, i) => i === 0 || one > names[i - 1]!);
}

const moduleFields = {
  /** Sorted by name. */
  files: refine(
    refine(
      array(file, MODULE_FILES_MAX),
      (files) => isAscending(files.map(({ name }) => name)),
      'at least one file, sorted by name, and none twice',
    ),
    (files) => files.reduce((sum, { bytes }) => sum + bytes, 0) <= MODULE_FILES_BYTES_MAX,
    `files of at most ${MODULE_FILES_BYTES_MAX} bytes together`,
  ),
  /** Modules that may be imported before the source is loaded, sorted: they can be part of a snapshot. */
  imports: optional(
    refine(
      array(
        refine(text(MODULE_NAME_LENGTH_MAX, 1), (one) => MODULE_NAME.test(one), 'the name of a module'),
        MODULE_IMPORTS_MAX,
      ),
      isAscending,
      'at least one module, sorted, and none twice',
    ),
  ),
};
export interface JobModules extends MapOf<typeof moduleFields> {}
export const jobModules: Check<JobModules> = exact(moduleFields);
