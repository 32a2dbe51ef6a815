/**
 * A word on the mistake that every newcomer makes: a work function travels as its source, and the variables around it
 * stay behind.
 * @module
 */

/** What pages and programs have and sandboxes do not. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'Buffer', 'EventSource', 'WebSocket', 'Worker', 'XMLHttpRequest', '__dirname', '__filename', 'caches', 'document',
  'exports', 'fetch', 'global', 'importScripts', 'indexedDB', 'localStorage', 'module', 'process', 'require',
  'sessionStorage', 'setImmediate', 'window',
]); // prettier-ignore

/** Adds advice to an error about a name that is not there; gives any other error back as it is. */
export function adviseOnName(error: Error): Error {
  const name =
    error instanceof ReferenceError ? /^(\S+) is not defined$/.exec(error.message)?.[1] : undefined;
  if (name === undefined) return error;
  const advice = ELSEWHERE.has(name)
    ? `a sandbox has no ${name}`
    : 'a work function travels as its source and sees only its arguments: hand data in through args, and write functions inside it';
  const header = `${error.name}: ${error.message}`;
  const { stack } = error;
  const message = `${error.message} (${advice})`;
  Object.defineProperty(error, 'message', {
    value: message,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  if (stack?.startsWith(header) === true) {
    const value = `${error.name}: ${message}${stack.slice(header.length)}`;
    Object.defineProperty(error, 'stack', { value, configurable: true, writable: true, enumerable: false });
  }
  return error;
}
