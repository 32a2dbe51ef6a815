/**
 * Reduces a JavaScript stack to the user's source: removes frames of the harness, and corrects the columns of the first
 * line to those of the source. Parses the formats of V8 and SpiderMonkey.
 * @module
 */
import { SOURCE_NAME } from '../runtime/compile.js';

const FRAMES_MAX = 50;
const FIRST_LINE = new RegExp(`${SOURCE_NAME.replace('.', '\\.')}:1:(\\d+)`);

/** The lines of `stack` in the user's source. `shift`: UTF-16 units that were inserted before its first line. */
export function userFrames(stack: string, shift: number): string[] {
  const lines = stack.split('\n').filter((line) => /^\s+at |@.*:\d+:\d+$/.test(line));
  let last = lines.length - 1;
  while (last >= 0 && !lines[last]!.includes(SOURCE_NAME)) last--;
  return lines
    .slice(0, last + 1)
    .filter((line) => line.includes(SOURCE_NAME) || line.includes('<anonymous>'))
    .slice(0, FRAMES_MAX)
    .map((line) => cleanFrame(line, shift));
}

function cleanFrame(line: string, shift: number): string {
  const text = line
    // V8 adds the location of the `eval` call, which is in the harness.
    .replace(/eval at [^,]*(?:\([^)]*\))*, /g, '')
    // An engine may print a module's URL in place of its sourceURL.
    .replace(/(?:data:text\/javascript|blob:)[^\s)]*?(?=:\d+:\d+\)?$)/, SOURCE_NAME);
  if (shift === 0) return text;
  return text.replace(FIRST_LINE, (_, column: string) => {
    return `${SOURCE_NAME}:1:${Math.max(1, Number(column) - shift)}`;
  });
}
