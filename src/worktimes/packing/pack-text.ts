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
export function packText(text: string, sourceKind: 'function' | 'module'): PackedSource {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > SOURCE_BYTES_MAX) {
    throw invalidSource(
      `its source is ${bytes.length} bytes and the limit is ${SOURCE_BYTES_MAX} (512 KiB)`,
      'Move data to the arguments or to the job’s files (job.fs.add), and a large library too, bundled into one script: ' +
        'a JavaScript work function runs it once with (0, eval)(jobfs.readTextFile(path)), a Python one imports it from ' +
        'its directory.',
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
