/**
 * Compiles source text to a work function. The text is what `fn.toString()` returns (a function, an arrow function, a
 * method), an expression or script that evaluates to a function, or an ES module that exports one.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** The file name of the user's source in stack traces. */
export const SOURCE_NAME = 'work-function.js';

/** The file name of a job's libraries in stack traces. */
export const LIBRARIES_NAME = 'libraries.js';

export type AnyFunction = (...args: unknown[]) => unknown;

export interface Compiled {
  fn: AnyFunction;
  /** UTF-16 units that were inserted before the source's first line. */
  shift: number;
}

/** What compiling needs of its environment. */
export interface CompileEnv {
  /** Indirect eval: runs the script in the global scope and returns its completion value. */
  evaluate(script: string): unknown;
  /** Imports an ES module from its text. */
  importModule(source: string): Promise<Record<string, unknown>>;
  /** The position of a script's syntax error as 'file:line:column'; undefined where unknown. Must not run the script. */
  locateSyntaxError?(script: string): Promise<string | undefined>;
}

const SOURCE_URL = `\n//# sourceURL=${SOURCE_NAME}`;

/** Ways to wrap a source, tried in order: expression, method, script. Each parses as a whole before anything runs. */
const WRAPPERS = [
  { before: '(', after: '\n)' },
  { before: '({', after: '\n})' },
  { before: '', after: '' },
] as const;

/** @throws WORK_FUNCTION_INVALID */
export async function compileFunction(source: string, env: CompileEnv): Promise<Compiled> {
  let first: unknown;
  for (const { before, after } of WRAPPERS) {
    const script = before + source + after + SOURCE_URL;
    try {
      const value = env.evaluate(script);
      const candidate = before === '({' ? onlyMethod(value) : value;
      if (typeof candidate === 'function')
        return { fn: checkKind(candidate as AnyFunction), shift: before.length };
      first ??= new TypeError(`it gives ${candidate === null ? 'null' : typeof candidate}, not a function`);
    } catch (error) {
      if (error instanceof ManyhandsError) throw error;
      // Try another wrapper only for a text that does not parse: any other text has run already.
      if (!(error instanceof SyntaxError)) throw invalid(error);
      first ??= error;
    }
  }
  const where = first instanceof SyntaxError ? await env.locateSyntaxError?.(`(${source}\n)`) : undefined;
  const isNative = /\{\s*\[native code\]\s*\}\s*$/.test(source);
  throw invalid(first, where, isNative ? '; built-in and bound functions have no source to ship' : '');
}

/** The default export, or the only exported function. @throws WORK_FUNCTION_INVALID */
export async function compileModule(source: string, env: CompileEnv): Promise<Compiled> {
  let exports: Record<string, unknown>;
  try {
    exports = await env.importModule(`${source}${SOURCE_URL}`);
  } catch (error) {
    const imports = /^\s*(?:import\b(?!\s*[.(])|export\b[^;]*?\bfrom\s*['"])/m.test(source);
    throw invalid(
      error,
      undefined,
      imports ? '; a sandbox has no modules to import: bundle what it needs into it' : '',
    );
  }
  if (typeof exports['default'] === 'function')
    return { fn: checkKind(exports['default'] as AnyFunction), shift: 0 };
  const functions = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
  if (functions.length !== 1) {
    const found = functions.length === 0 ? 'exports no function' : `exports ${functions.join(', ')}`;
    throw new ManyhandsError(
      'WORK_FUNCTION_INVALID',
      `The work function's module ${found}; export one function, or make it the default export`,
    );
  }
  return { fn: checkKind(exports[functions[0]!] as AnyFunction), shift: 0 };
}

function onlyMethod(value: unknown): unknown {
  const keys = Reflect.ownKeys(value as object);
  return keys.length === 1 ? Object.getOwnPropertyDescriptor(value, keys[0]!)?.value : undefined;
}

function checkKind(fn: AnyFunction): AnyFunction {
  const text = Function.prototype.toString.call(fn);
  if (/^class[\s{]/.test(text)) throw unsupportedKind('a class', 'a function that uses it');
  const tag = Object.prototype.toString.call(fn);
  if (tag === '[object GeneratorFunction]' || tag === '[object AsyncGeneratorFunction]') {
    throw unsupportedKind('a generator', 'a function that returns an array of what it would yield');
  }
  return fn;
}

function unsupportedKind(what: string, instead: string): ManyhandsError {
  return new ManyhandsError('WORK_FUNCTION_INVALID', `The work function is ${what}; pass ${instead}`);
}

function invalid(error: unknown, location?: string, hint = ''): ManyhandsError {
  const name = error instanceof Error ? error.name : 'Error';
  const message = withoutUrls(error instanceof Error ? error.message : String(error)).slice(0, 1_024);
  const where = location ?? locationInStack(error);
  const info = { name, ...(where === undefined ? {} : { place: where }) };
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `The work function cannot be compiled: ${name}: ${message}${where === undefined ? '' : ` at ${where}`}${hint}`,
    info,
    { cause: error },
  );
}

/** Shortens the URL of an imported module in a message: it may hold the whole source, percent-encoded. */
function withoutUrls(message: string): string {
  return message.replace(/\b(?:data:text\/javascript|blob:)[^\s"`]*/g, SOURCE_NAME);
}

function locationInStack(error: unknown): string | undefined {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  return new RegExp(`${SOURCE_NAME.replace('.', '\\.')}:\\d+(:\\d+)?`).exec(stack)?.[0];
}
