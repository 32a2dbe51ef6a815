/**
 * Splits a stream of bytes into lines.
 * @module
 */
import { ManyhandsError } from '../../entry/texts.node.js';

/** UTF-16 units of one line, without its end. A value may not be larger either. */
export const LINE_LENGTH_MAX = 64 * 1024 * 1024;

/**
 * Yields runs of lines of `source`, decoded as UTF-8, without their `\n` or `\r\n`. The last line needs no end.
 * @throws LIMIT_EXCEEDED for a line of more than `lengthMax` UTF-16 units
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  lengthMax = LINE_LENGTH_MAX,
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of source) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    const last = lines.pop()!;
    if (lines.length > 0) {
      parts.push(lines[0]!);
      lines[0] = parts.join('');
      parts = [];
      length = 0;
      yield lines.map(withoutReturn);
    }
    parts.push(last);
    length += last.length;
    if (length > lengthMax) throw lineTooLong(length, lengthMax);
  }
  const end = parts.join('') + decoder.decode();
  if (end !== '') yield [withoutReturn(end)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function lineTooLong(actual: number, max: number): ManyhandsError {
  const text = `A line of the input has more than ${max} characters.`;
  return new ManyhandsError('LIMIT_EXCEEDED', text, { limit: 'LINE_LENGTH_MAX', max, actual });
}
