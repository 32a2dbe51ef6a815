/**
 * Requirements out of texts: a `requirements.txt`, and the metadata that a script carries in a comment (PEP 723).
 * @module
 */
import { ManyhandsError } from '../../../lib/errors.js';

/**
 * The requirements of a `requirements.txt`: one a line, `#` comments, lines that a backslash continues. Digests
 * (`--hash`) are left out; other options are refused, since they would be ignored.
 * @param name what an error message calls the file
 * @throws INVALID_ARGUMENT
 */
export function readRequirementLines(text: string, name: string): string[] {
  const lines = text.replaceAll('\r\n', '\n').replace(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line, index) => {
    const bare = line
      .replace(/(^|\s)#.*$/, '')
      .replace(/\s--hash=\S+/g, '')
      .trim();
    if (bare === '') return [];
    if (!bare.startsWith('-')) return [bare];
    const advice = 'write the packages themselves, and set job.wheels for a folder or an index';
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `${name}, line ${index + 1}: the option ${JSON.stringify(bare.slice(0, 100))} is not read; ${advice}.`,
      { argument: 'job.modules' },
    );
  });
}

const BLOCK = /^# \/\/\/ (?<type>[a-zA-Z0-9-]+)$\s(?<content>(?:^#(?:| .*)$\s)+)^# \/\/\/$/gm;

/**
 * The `dependencies` of the `script` block of a source; empty where it has none.
 * @throws INVALID_ARGUMENT where the block is malformed or there are two
 */
export function readScriptDependencies(source: string): string[] {
  const text = source.replaceAll('\r\n', '\n');
  const blocks = [...text.matchAll(BLOCK)].filter(({ groups }) => groups!['type'] === 'script');
  if (blocks.length > 1) throw malformed('there are two of them');
  const [block] = blocks;
  if (block === undefined) return [];
  const toml = block
    .groups!['content']!.split('\n')
    .map((line) => line.replace(/^# ?/, ''))
    .join('\n');
  const list = /^dependencies\s*=\s*\[((?:[^"'\]#]|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*)*)\]/m.exec(toml);
  if (list === null) {
    if (/^dependencies\b/m.test(toml)) throw malformed('its dependencies are no list of texts');
    return [];
  }
  const items = list[1]!.matchAll(/"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|#[^\n]*/g);
  return [...items].flatMap(([, double, single]) => {
    if (double !== undefined) return [double.replace(/\\(["\\])/g, '$1')];
    return single === undefined ? [] : [single];
  });
}

function malformed(why: string): ManyhandsError<'INVALID_ARGUMENT'> {
  const text = `The metadata of the script (its comment \`# /// script\`) cannot be read: ${why}.`;
  return new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.modules' });
}
