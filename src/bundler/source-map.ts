/**
 * Reads source maps by the class that Node has for them.
 * @module
 */
import { SourceMap, type SourceMapPayload } from 'node:module';

/** As `Bundler.readSourceMap`. */
export function readSourceMap(bytes: Uint8Array): (line: number, column: number) => string | undefined {
  const map = new SourceMap(JSON.parse(new TextDecoder().decode(bytes)) as SourceMapPayload);
  return (line, column) => {
    const entry = map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry)) return undefined;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  };
}
