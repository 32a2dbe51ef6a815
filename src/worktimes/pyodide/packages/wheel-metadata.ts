/**
 * What a wheel says of itself: its requirements, the Pythons that it runs in, the modules that it is imported by.
 * @module
 */
import { openZip, type ZipFile } from '../../../jobfs/zip.js';
import { MODULE_UNPACKED_BYTES_MAX } from '../../../protocol/limits.js';
import { parseRequirement, type Requirement } from './requirement.js';

export interface WheelMetadata {
  readonly requires: readonly Requirement[];
  /** Version specifiers of Python; empty for any. */
  readonly requiresPython: string;
  /** The names of its modules at the top, those that begin with an underscore left out. */
  readonly modules: readonly string[];
}

/** Text of one wheel that is read. */
const METADATA_BYTES_MAX = 4 * 1024 * 1024;

/** @throws JOBFS_MALFORMED, JOBFS_TOO_LARGE; INVALID_ARGUMENT for a requirement that is malformed */
export function readWheelMetadata(bytes: Uint8Array, fileName: string): WheelMetadata {
  const files = openZip(bytes, `The wheel ${fileName}`, MODULE_UNPACKED_BYTES_MAX);
  const file = files.find(({ path }) => /^[^/]+\.dist-info\/METADATA$/.test(path));
  const fields = file === undefined || file.size > METADATA_BYTES_MAX ? [] : headerFields(file);
  const valuesOf = (name: string): string[] =>
    fields.filter(([field]) => field === name).map(([, value]) => value);
  return {
    requires: valuesOf('requires-dist').map((text) => parseRequirement(text, `The wheel ${fileName}`)),
    requiresPython: valuesOf('requires-python')[0] ?? '',
    modules: topModules(files),
  };
}

/** The fields before the first empty line, names in lower case. */
function headerFields(file: ZipFile): [name: string, value: string][] {
  const text = new TextDecoder().decode(file.read()).replaceAll('\r\n', '\n');
  const end = text.indexOf('\n\n');
  const lines = (end < 0 ? text : text.slice(0, end)).replace(/\n[ \t]+/g, ' ').split('\n');
  return lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]];
  });
}

function topModules(files: readonly ZipFile[]): string[] {
  const names = new Set<string>();
  for (const { path } of files) {
    const name = /^([A-Za-z]\w*)(?:\/__init__\.py|\.py|\.[\w-]+\.so)$/.exec(path)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names];
}
