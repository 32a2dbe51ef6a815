/**
 * Requirements on Python packages as PEP 508 writes them: `sympy>=1.13`, `pydantic[email] ~=2.0; python_version < "3.15"`.
 * @module
 */
import { validRange } from '@renovatebot/pep440';
import { ManyhandsError } from '../../../lib/errors.js';
import { parseMarker, type Marker } from './marker.js';

export interface Requirement {
  /** Normalised, as `normalName`. */
  readonly name: string;
  /** Normalised. */
  readonly extras: readonly string[];
  /** Version specifiers of PEP 440, separated by commas; empty for any version. */
  readonly range: string;
  /** Where it applies; absent for everywhere. */
  readonly marker?: Marker;
  /** The text that it was parsed from. */
  readonly text: string;
}

const PARTS =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(?:\(([^)]*)\)|([^;@]*?))\s*(?:;\s*(.*))?$/;

/** The name as PEP 503 normalises it: `Foo._bar` is `foo-bar`. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/**
 * @param where what an error message says contains it: `job.modules`
 * @throws INVALID_ARGUMENT
 */
export function parseRequirement(text: string, where: string): Requirement {
  const trimmed = text.trim();
  const match = PARTS.exec(trimmed);
  if (match === null) throw invalid(where, trimmed, adviceFor(trimmed));
  const [, name = '', extras = '', inParentheses, bare, marker] = match;
  const range = (inParentheses ?? bare ?? '').trim();
  if (range !== '' && validRange(range) !== true)
    throw invalid(where, trimmed, `'${range}' is no version specifier; write one like >=1.13,<2`);
  const names = extras
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return {
    name: normalName(name),
    extras: names.map(normalName),
    range,
    ...(marker === undefined ? {} : { marker: readMarker(marker, where, trimmed) }),
    text: trimmed,
  };
}

function readMarker(marker: string, where: string, text: string): Marker {
  try {
    return parseMarker(marker);
  } catch (error) {
    throw invalid(where, text, (error as Error).message);
  }
}

function adviceFor(text: string): string {
  if (/^[\w.-]+\s*(?:\[[^\]]*\])?\s*@/.test(text))
    return 'packages are not taken from an address: put its wheel into a folder and set job.wheels';
  if (/\.whl$/i.test(text)) return 'put the wheel into a folder, set job.wheels, and name the package here';
  return 'write a name and optionally a version, such as sympy>=1.13';
}

function invalid(where: string, text: string, advice: string): ManyhandsError<'INVALID_ARGUMENT'> {
  const shown = JSON.stringify(text.slice(0, 200));
  return new ManyhandsError('INVALID_ARGUMENT', `${where} has the requirement ${shown}: ${advice}.`, {
    argument: where,
  });
}
