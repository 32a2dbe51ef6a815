/**
 * Packs sources that are text.
 * @module
 */
import { SOURCE_BYTES_MAX } from '../../protocol/limits.js';
import {
  invalidSource,
  notBytes,
  notJavaScript,
  type PackedSource,
  type SourcePacker,
} from './source-packer.js';

/** @throws WORK_FUNCTION_INVALID if the text is too long */
export function packText(
  text: string,
  sourceKind: 'function' | 'module',
  max = SOURCE_BYTES_MAX,
): PackedSource {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > max) {
    throw invalidSource(
      `its source is ${bytes.length} bytes and the limit is ${max} (${max / 1024} KiB)`,
      'Move data to the arguments or to the job’s files (job.fs.add), and a large library out of the source: a JavaScript ' +
        'work function requires it (job.requires) or is a module that imports it, a Python one imports it from the ' +
        'directory of its files.',
    );
  }
  return { bytes, sourceKind };
}

/** The packer of worktimes whose work functions are source text of any language but JavaScript. */
export const packTextSource: SourcePacker = (source, context) => {
  switch (source.kind) {
    case 'function':
      throw notJavaScript(context);
    case 'text':
      return packText(dedent(source.text), 'module');
    case 'bytes':
      throw notBytes(context);
    case 'download':
      return packText(dedent(new TextDecoder().decode(source.bytes)), 'module');
  }
};

/** Removes the indentation that all lines have in a template literal. */
export function dedent(text: string): string {
  const lines = text.split('\n');
  const filled = lines.filter((line) => line.trim() !== '');
  const indentation = /^[ \t]*/.exec(filled[0] ?? '')![0];
  if (indentation === '' || !filled.every((line) => line.startsWith(indentation))) return text;
  return lines
    .map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line.trimStart()))
    .join('\n');
}
