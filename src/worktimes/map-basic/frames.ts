/**
 * A JavaScript stack cut down to the user's source: frames of the harness go, and columns of the first line are
 * put back to where the user wrote them. Reads V8's and SpiderMonkey's formats.
 * @module
 */
import { SOURCE_NAME } from '../runtime/compile.js';

const FRAMES_MAX = 50;
const FIRST_LINE = new RegExp(`${SOURCE_NAME.replace('.', '\\.')}:1:(\\d+)`);

/** The lines of `stack` that are the user's. `shift`: units put before the source's first line when compiled. */
export function userFrames(stack: string, shift: number): string[] {
  const lines = stack.split('\n').filter((line) => /^\s+at |@.*:\d+:\d+$/.test(line));
  let last = lines.length - 1;
  while (last >= 0 && !lines[last]!.includes(SOURCE_NAME)) last--;
  return lines
    .slice(0, last + 1)
    .filter((line) => line.includes(SOURCE_NAME) || line.includes('<anonymous>'))
    .slice(0, FRAMES_MAX)
    .map((line) => tidyFrame(line, shift));
}

function tidyFrame(line: string, shift: number): string {
  const text = line
    // V8 tells where an eval was made; that is the harness.
    .replace(/eval at [^,]*(?:\([^)]*\))*, /g, '')
    // A module's own URL, where its sourceURL is not used.
    .replace(/(?:data:text\/javascript|blob:)[^\s)]*?(?=:\d+:\d+\)?$)/, SOURCE_NAME);
  if (shift === 0) return text;
  return text.replace(FIRST_LINE, (_, column: string) => {
    return `${SOURCE_NAME}:1:${Math.max(1, Number(column) - shift)}`;
  });
}
