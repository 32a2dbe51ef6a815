/**
 * The forms of the input of `manyhands map`: each reads the data of the slices from standard input, or from files.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { glob } from 'tinyglobby';
import { ManyhandsError } from '../../entry/texts.node.js';
import { readLines } from './lines.js';

/** `json`: a line is a JSON value; `lines`: a line is a string; `csv`: a row is an object; `files`: a file is its bytes. */
export type InputFormat = 'csv' | 'files' | 'json' | 'lines';

export interface MapInput {
  /** The data of the slices, in order, in runs: one promise a datum would cost more than many work functions do. */
  readonly runs: AsyncIterable<readonly unknown[]>;
  /** What a datum is called in an error: that of slice `n`, counted from 1. */
  readonly nameOf: (slice: number) => string;
  /** The names of the files, where a datum is a file. */
  readonly files?: readonly string[];
}

/**
 * The lines of `source` as JSON values. Blank lines are skipped.
 * @throws INVALID_ARGUMENT while it is read, for a line that is not JSON
 */
export function jsonInput(source: AsyncIterable<Uint8Array>): MapInput {
  const names = new LineNames();
  async function* runs(): AsyncGenerator<unknown[]> {
    let slice = 0;
    for await (const lines of readLines(source)) {
      const run: unknown[] = [];
      for (const line of lines) {
        if (isBlank(line)) {
          names.skipped(slice + 1);
          continue;
        }
        slice++;
        try {
          run.push(JSON.parse(line));
        } catch (cause) {
          yield run;
          throw notJson(names.lineOf(slice), cause);
        }
      }
      yield run;
    }
  }
  return { runs: runs(), nameOf: (slice) => `line ${names.lineOf(slice)}` };
}

const isBlank = (line: string): boolean => line === '' || line.trim() === '';

function notJson(line: number, cause: unknown): ManyhandsError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const text = `Line ${line} is not JSON: ${why}. For lines of text use --lines, for CSV use --csv.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { argument: `line ${line}` }, { cause });
}

/** The line of each slice, where blank lines are no slices. */
class LineNames {
  /** Runs of blank lines, and the slice that follows each. */
  readonly #skips: { slice: number; lines: number }[] = [];

  /** A blank line before `slice`. */
  skipped(slice: number): void {
    const last = this.#skips.at(-1);
    if (last?.slice === slice) last.lines++;
    else this.#skips.push({ slice, lines: 1 });
  }

  lineOf(slice: number): number {
    return this.#skips.reduce((line, skip) => (skip.slice <= slice ? line + skip.lines : line), slice);
  }
}

/** The lines of `source` as strings; a blank line is an empty string. */
export function linesInput(source: AsyncIterable<Uint8Array>): MapInput {
  return { runs: readLines(source), nameOf: (slice) => `line ${slice}` };
}

/**
 * The rows of CSV (RFC 4180) below its header, each an object of strings by the names of the columns.
 * @throws INVALID_ARGUMENT while it is read, for a row that is malformed
 */
export function csvInput(source: AsyncIterable<Uint8Array>): MapInput {
  const rows = parse({ columns: true, bom: true, skip_empty_lines: true });
  // An error of the source is thrown where the rows are read.
  pipeline(source, rows, () => undefined);
  async function* runs(): AsyncGenerator<unknown[]> {
    try {
      for await (const row of rows) yield [row];
    } catch (cause) {
      if (!(cause instanceof CsvError)) throw cause;
      throw new ManyhandsError('INVALID_ARGUMENT', `The input is not CSV: ${cause.message}.`, {}, { cause });
    }
  }
  return { runs: runs(), nameOf: (slice) => `row ${slice}` };
}

/**
 * The bytes of the files that match a glob pattern, in the order of their names.
 * @throws INVALID_ARGUMENT where no file matches
 */
export async function filesInput(pattern: string): Promise<MapInput> {
  const options = { onlyFiles: true, expandDirectories: false, absolute: isAbsolute(pattern) };
  const files = (await glob(pattern, options)).sort();
  if (files.length === 0) {
    const text = `No file matches ${JSON.stringify(pattern)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: '--files' });
  }
  async function* runs(): AsyncGenerator<Uint8Array[]> {
    for (const file of files) yield [new Uint8Array(await readFile(file))];
  }
  return { runs: runs(), files, nameOf: (slice) => files[slice - 1] ?? `slice ${slice}` };
}

/** The input of `map` in a form, from standard input or from the files of a pattern. */
export async function openMapInput(format: InputFormat, pattern: string | undefined): Promise<MapInput> {
  if (pattern !== undefined) return filesInput(pattern);
  if (format === 'csv') return csvInput(process.stdin);
  return format === 'lines' ? linesInput(process.stdin) : jsonInput(process.stdin);
}
