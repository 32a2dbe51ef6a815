/**
 * The work function of `manyhands map`: a file, an address or a text, and the worktime that runs it.
 * @module
 */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ManyhandsError, WORKTIMES } from '../../entry/texts.node.js';
import type { WorkSourceOptions } from './input-options.js';

export interface CommandWork {
  readonly work: URL | string;
  readonly worktime: string;
}

/**
 * The work function of a command line: `given` is a file or an address.
 * @throws INVALID_ARGUMENT where there is none, two, or no such file
 */
export function readWork(given: string | undefined, options: WorkSourceOptions): CommandWork {
  if ((given === undefined) === (options.eval === undefined)) {
    throw invalid(
      given === undefined
        ? "There is no work function: give its file, or its source with -e, for example -e 'x => x * x'."
        : `There are two work functions: ${given} and that of -e. Give one.`,
    );
  }
  if (options.eval !== undefined) return { work: options.eval, worktime: worktimeOf('', options) };
  return { work: locate(given!), worktime: worktimeOf(given!, options) };
}

function locate(given: string): URL {
  if (/^https?:\/\//.test(given) && URL.canParse(given)) return new URL(given);
  const path = resolve(given);
  if (existsSync(path)) return pathToFileURL(path);
  const advice = /=>|^def |^(async )?function|\(/.test(given)
    ? ' To give the source itself, write it after -e.'
    : '';
  throw invalid(`There is no file ${JSON.stringify(given)}.${advice}`);
}

/** The worktime that is named, or that of the file's extension. */
function worktimeOf(file: string, { python, wasm }: WorkSourceOptions): string {
  const label = python === true ? 'Python' : wasm === true ? 'WebAssembly' : undefined;
  const extension = extname(file).slice(1).toLowerCase();
  const found = WORKTIMES.find((one) =>
    label === undefined ? one.extensions.includes(extension) : one.label.startsWith(label),
  );
  return (found ?? WORKTIMES[0]!).name;
}

function invalid(text: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', text, { argument: '<work>' });
}
