/**
 * How a path is shown in messages: relative to the working directory, where that is shorter.
 * @module
 */
import { relative } from 'node:path';

export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}
