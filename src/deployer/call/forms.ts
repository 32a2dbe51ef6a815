/**
 * Parses the calls of `computeFor`, `compute.for` and `compute.do`. As in DCP, the work function is the last argument,
 * or the one before it if the last is the array of arguments.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { RemoteDataPattern, RemoteDataSet } from '../../protocol/input/remote-sets.js';
import { boundsInput, countInput, toJobInput, type JobInput } from './input.js';
import { readCallSettings, type LibraryImports } from '../package/library-imports.js';
import { parseWork, type WorkSource } from '../package/work-source.js';

export interface ParsedCall {
  readonly input: JobInput;
  readonly work: WorkSource;
  readonly args: readonly unknown[];
  readonly imports: LibraryImports;
}

/** What a call has besides its input. */
type CalledWork = Omit<ParsedCall, 'input'>;

const FOR_FORMS =
  'computeFor(data, work, args?), compute.for(start, end, step?, work, args?) or compute.for(range, work, args?), ' +
  'where work is a function, a source string, a URL or the bytes of a module, and args is an array; { imports } may follow it';
const DO_FORMS = 'compute.do(n, work, args?) or compute.do(work, args?); { imports } may follow args';

/** @throws INVALID_ARGUMENT which lists the accepted forms, WORK_FUNCTION_INVALID */
export function parseFor(call: readonly unknown[]): ParsedCall {
  const { head, ...called } = splitCall(call, FOR_FORMS, 1);
  if (head.length === 1) return { input: toJobInput(head[0]), ...called };
  const numbers = head.every((value) => typeof value === 'number');
  if (!numbers || (head.length !== 2 && head.length !== 3)) throw invalidCall(FOR_FORMS, call);
  const [start, end, step] = head as [number, number, number?];
  return { input: boundsInput({ start, end, step }), ...called };
}

/** @throws INVALID_ARGUMENT which lists the accepted forms, WORK_FUNCTION_INVALID */
export function parseDo(call: readonly unknown[]): ParsedCall {
  const { head, ...called } = splitCall(call, DO_FORMS, 0);
  if (head.length > 1 || (head.length === 1 && typeof head[0] !== 'number'))
    throw invalidCall(DO_FORMS, call);
  return { input: countInput((head[0] as number | undefined) ?? 1), ...called };
}

function splitCall(
  call: readonly unknown[],
  forms: string,
  headMin: number,
): CalledWork & { head: readonly unknown[] } {
  let end = lengthOf(call);
  const hasSettings = end - 3 >= headMin && isSettings(call[end - 1]) && isAnyWork(call[end - 3]);
  const imports = readCallSettings(hasSettings ? call[end - 1] : undefined);
  if (hasSettings) end = lengthOf(call.slice(0, end - 1));
  const last = call[end - 1];
  // Bytes are the work function, unless they are in the position of its arguments.
  const lastIsWork = isWork(last) || (isBytes(last) && (end - 2 < headMin || !isWork(call[end - 2])));
  const workIndex = lastIsWork ? end - 1 : end - 2;
  if (workIndex < 0 || !(lastIsWork || isWork(call[workIndex]) || isBytes(call[workIndex])))
    throw invalidCall(forms, call);
  if (!lastIsWork) checkArgs(last, forms, call);
  const args = lastIsWork
    ? []
    : last instanceof RemoteDataSet
      ? [last]
      : Array.from(last as ArrayLike<unknown>);
  return { head: call.slice(0, workIndex), work: parseWork(call[workIndex]), args, imports };
}

/** The number of arguments without those at the end that are undefined. */
function lengthOf(call: readonly unknown[]): number {
  let end = call.length;
  while (end > 0 && call[end - 1] === undefined) end--;
  return end;
}

/** Whether the last argument is an object of settings: it is neither a work function nor its arguments. */
function isSettings(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || isAnyWork(value) || isArrayLike(value)) return false;
  return !(value instanceof RemoteDataSet || value instanceof RemoteDataPattern);
}

function isAnyWork(value: unknown): boolean {
  return isWork(value) || isBytes(value);
}

/** Rejects arguments that are a pattern of addresses or not array-like. */
function checkArgs(args: unknown, forms: string, call: readonly unknown[]): void {
  if (args instanceof RemoteDataSet) return;
  if (args instanceof RemoteDataPattern) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'args is a RemoteDataPattern, which is an input: pass the addresses of arguments as a RemoteDataSet, or as URLs in an array.',
    );
  }
  if (!isArrayLike(args)) throw invalidCall(forms, call);
}

function isWork(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'string' || value instanceof URL;
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Number.isSafeInteger((value as Partial<ArrayLike<unknown>>).length);
}

function invalidCall(forms: string, call: readonly unknown[]): ManyhandsError<'INVALID_ARGUMENT'> {
  const got = call.map(describe).join(', ');
  return new ManyhandsError('INVALID_ARGUMENT', `The call must be ${forms}; got (${got}).`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return Object.prototype.toString.call(value).slice(8, -1);
}
