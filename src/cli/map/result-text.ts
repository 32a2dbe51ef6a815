/**
 * Formats the results of `manyhands map`: one line for each slice.
 * @module
 */
import { stringify } from 'csv-stringify/sync';
import { ManyhandsError } from '../../entry/texts.node.js';
import { toJson } from '../console/to-json.js';
import type { InputFormat } from '../input/input-formats.js';

/** The lines of one result, each with its end. `slice` is its number, from 1. */
export type ResultFormatter = (slice: number, result: unknown) => string;

/** The formatter that belongs to an input format. `files` are the names of the slices of `files`. */
export function resultFormatter(format: InputFormat, files: readonly string[] = []): ResultFormatter {
  if (format === 'csv') return csvFormatter();
  if (format === 'files') return (slice, result) => `${toJson({ file: files[slice - 1], result })}\n`;
  if (format === 'lines')
    return (_slice, result) => `${typeof result === 'string' ? result : toJson(result)}\n`;
  return (_slice, result) => `${toJson(result)}\n`;
}

/** The error of a slice in place of its result, for `--keep-errors`. */
export function formatFailure(slice: number, error: Error, file: string | undefined): string {
  const { name, message } = error;
  return `${toJson({ ...(file === undefined ? { slice } : { file }), error: { name, message } })}\n`;
}

/**
 * Rows of CSV, whose header is the keys of the first result. A result that is neither an object nor an array is a row of one
 * field.
 */
function csvFormatter(): ResultFormatter {
  let columns: readonly string[] | undefined;
  return (slice, result) => {
    if (Array.isArray(result)) return stringify([result]);
    if (typeof result !== 'object' || result === null) return stringify([[result]]);
    const header = columns === undefined ? `${stringify([Object.keys(result)])}` : '';
    columns ??= Object.keys(result);
    const unknown = Object.keys(result).filter((key) => !columns!.includes(key));
    if (unknown.length > 0) {
      const text = `The result of row ${slice} has fields that the first result does not have: ${unknown.join(', ')}.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: '--csv' });
    }
    const row = columns.map((key) => (result as Record<string, unknown>)[key]);
    return header + stringify([row]);
  };
}
