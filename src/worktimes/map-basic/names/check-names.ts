/**
 * Refuses a work function that uses what it will not have, before anything of its job is sent. The parser is loaded when the
 * first job is deployed.
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';
import { SANDBOX_GLOBALS } from '../../lockdown/sandbox-globals.js';
import { adviceOn, shownName } from './describe-names.js';
import { findOuterNames, type NameRules, type OuterName } from './find-names.js';
import { parseModuleExpression, parseSource } from './parse-source.js';

/** A name in the `info` of the error. */
export interface FoundName {
  readonly name: string;
  /** Of the source, from 1. */
  readonly line: number;
}

const SHOWN_NAMES_MAX = 10;
const EXCERPT_LENGTH_MAX = 80;

/**
 * Checks the text of a function, of a script or of a module.
 * @throws WORK_FUNCTION_INVALID with `info.names`
 */
export function checkNames(text: string, isModule: boolean, rules: NameRules): void {
  const parsed = parseSource(text, isModule);
  if (parsed === undefined) return;
  const names = findOuterNames(parsed, rules);
  if (names.length > 0) throw outerNames(text, names);
}

/** @throws INVALID_ARGUMENT for the name of a captured constant that would replace a global */
export function checkCapturedNames(names: readonly string[]): void {
  const taken = names.find((name) => SANDBOX_GLOBALS.has(name));
  if (taken === undefined) return;
  const text = `job.capture: ${taken} is a global of sandboxes; give the constant another name.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: `job.capture.${taken}` });
}

/** The error for the text of a function that does not parse, if that is because of `import.meta`. */
export function importMetaError(text: string): ManyhandsError<'WORK_FUNCTION_INVALID'> | undefined {
  const parsed = parseModuleExpression(text);
  const names = parsed === undefined ? [] : findOuterNames(parsed, {});
  return names.some(({ kind }) => kind === 'import.meta') ? outerNames(text, names) : undefined;
}

function outerNames(text: string, names: readonly OuterName[]): ManyhandsError<'WORK_FUNCTION_INVALID'> {
  const found = names.map((one): FoundName => ({ name: shownName(one), line: lineAt(text, one.at) }));
  const [first, ...others] = found as [FoundName, ...FoundName[]];
  const shown = others.slice(0, SHOWN_NAMES_MAX).map(({ name, line }) => `${quoted(name)} (line ${line})`);
  const hidden = others.length - shown.length;
  const rest = hidden > 0 ? [...shown, `${hidden} more`] : shown;
  const also = rest.length === 0 ? '' : ` Also from outside: ${rest.join(', ')}.`;
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `This work function cannot be shipped: it uses ${quoted(first.name)}, which is not in it, on line ${first.line} of its source: ` +
      `${excerpt(text, names[0]!.at)} ${adviceOn(names[0]!)}${also}`,
    { names: found },
  );
}

const quoted = (name: string): string => (name.startsWith('import of') ? `an ${name}` : `\`${name}\``);

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** The line of the source, or the part of it around the position. */
function excerpt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end === -1 ? undefined : end);
  if (line.trim().length <= EXCERPT_LENGTH_MAX) return `«${line.trim()}».`;
  const from = Math.max(0, at - start - EXCERPT_LENGTH_MAX / 2);
  return `«…${line.slice(from, from + EXCERPT_LENGTH_MAX).trim()}…».`;
}
