/**
 * Adds advice to the errors of common mistakes: a work function is sent as source text, without the variables and modules
 * around it.
 * @module
 */
import { UNAVAILABLE_GLOBALS } from './names/unavailable-globals.js';

/** Adds advice to an error about an undefined name; returns any other error unchanged. */
export function adviseOnName(error: Error): Error {
  const name =
    error instanceof ReferenceError ? /^(\S+) is not defined$/.exec(error.message)?.[1] : undefined;
  if (name === undefined) return error;
  const advice = UNAVAILABLE_GLOBALS.has(name)
    ? `this sandbox has no ${name}`
    : 'a work function is sent as its source and sees only its arguments: pass data through args, and write functions inside it';
  const header = `${error.name}: ${error.message}`;
  return replaceMessage(error, header, `${error.message} (${advice})`);
}

/** The messages of Node, Deno, Chromium and Firefox for an `import()` that failed. */
const IMPORT_FAILURES = [
  /^A dynamic import callback was not specified/,
  /^There are no modules here\.$/,
  /^Import ".*" not a dependency /,
  /^Requires import access to /,
  /^Failed to (fetch dynamically imported module|resolve module specifier)/,
  /^error loading dynamically imported module/,
  /^The specifier .* was a bare specifier/,
];
export const NO_MODULES =
  'A sandbox has no modules to import: bundle what the work function needs into its source';

/** Gives a failed `import()` the same message in every kind of sandbox; returns any other error unchanged. */
export function adviseOnImport(error: Error): Error {
  if (!(error instanceof TypeError) || !IMPORT_FAILURES.some((one) => one.test(error.message))) return error;
  delete (error as { code?: unknown }).code;
  return replaceMessage(error, `${error.name}: ${error.message}`, NO_MODULES);
}

function replaceMessage(error: Error, header: string, message: string): Error {
  const { stack } = error;
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
