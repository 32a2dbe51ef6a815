/**
 * Converts the work function to source text. A function is converted with `toString()`, so it cannot use variables of
 * its surroundings. The text is checked when the job is deployed, because the worktime can be set until then.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { SOURCE_BYTES_MAX } from '../../protocol/limits.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { describeWorktime, WORKTIMES } from '../../worktimes/registry.js';
import { isWasm } from '../../worktimes/wasm/module-reader.js';
import { packBytes, packModule, type PackedSource } from './binary-work.js';
import { languageOf } from './source-language.js';

export type WorkSource =
  | { readonly kind: 'function'; readonly text: string; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'url'; readonly url: URL };

/** The worktime whose work functions are JavaScript. */
export const JAVASCRIPT_WORKTIME = 'map-basic';
/** The worktime whose work functions are WebAssembly modules. */
export const WASM_WORKTIME = 'wasm';

/** The worktime that is to run a work function. */
export interface WorktimeTarget {
  readonly worktime: string;
  /** Whether it is a custom worktime, which defines the form of its work functions. */
  readonly isCustom?: boolean;
  readonly wasm?: WasmCall;
}

/** @throws WORK_FUNCTION_INVALID for errors that do not depend on the worktime */
export function parseWork(work: unknown): WorkSource {
  if (work instanceof URL) return { kind: 'url', url: work };
  if (work instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(work) };
  if (ArrayBuffer.isView(work))
    return { kind: 'bytes', bytes: new Uint8Array(work.buffer, work.byteOffset, work.byteLength) };
  if (typeof work === 'string') {
    if (work.trim() === '') throw invalid('its source is empty', 'Pass the source of a function.');
    return { kind: 'text', text: work };
  }
  if (typeof work !== 'function') {
    throw invalid(
      `it is ${typeof work}`,
      'Pass a function, its source as a string, or the URL or the bytes of a module.',
    );
  }
  return { kind: 'function', text: functionText(work), name: work.name };
}

/**
 * The source for the package of a job with this worktime.
 * @throws WORK_FUNCTION_INVALID, WORKTIME_UNKNOWN and the errors of `readModule`
 */
export async function packSource(
  work: WorkSource,
  { worktime, isCustom = false, wasm }: WorktimeTarget,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<PackedSource> {
  const isJavaScript = worktime === JAVASCRIPT_WORKTIME && !isCustom;
  if (work.kind === 'function') {
    if (isJavaScript) return packed(toExpression(work), 'function');
    if (!isCustom && describeWorktime(worktime) === undefined) throw unknownWorktime(worktime);
    throw invalid(
      `${isCustom ? 'a custom worktime' : `worktime '${worktime}'`} does not run JavaScript functions`,
      worktime === WASM_WORKTIME
        ? 'Pass the bytes or the URL of a WebAssembly module.'
        : 'Pass its source as a string or as a URL.',
    );
  }
  if (work.kind === 'text') {
    if (!isCustom) rejectFileName(work.text);
    if (isJavaScript) {
      if (isModuleText(work.text)) return packed(work.text, 'module');
      return packed(toExpression(work), 'function');
    }
    if (worktime === WASM_WORKTIME && !isCustom) return packModule(new TextEncoder().encode(work.text), wasm);
    return packed(dedent(work.text), 'module');
  }
  const bytes = work.kind === 'url' ? await readModule(work.url) : work.bytes;
  if (isCustom) return work.kind === 'bytes' ? packBytes(bytes) : packDownload(bytes);
  if (worktime === WASM_WORKTIME) return packModule(bytes, wasm);
  if (isWasm(bytes)) throw invalid('it is a WebAssembly module', "Set job.worktime = 'wasm'.");
  if (work.kind === 'bytes')
    throw invalid(`worktime '${worktime}' does not run bytes`, 'Pass its source as a string or as a URL.');
  const text = new TextDecoder().decode(bytes);
  return packed(isJavaScript ? text : dedent(text), 'module');
}

/** Rejects source text that is a file name or URL: it would fail on every worker or as a syntax error. */
function rejectFileName(text: string): void {
  const address = text.trim();
  const isWeb = /^(?:https?|file):\/\/\S+$/.test(address);
  if (!isWeb && !/^[\w@.~/\\:-]+\.(?:[cm]?[jt]s|py|wasm|wat)$/.test(address)) return;
  const shown = JSON.stringify(address.slice(0, 200));
  throw invalid(
    `it is the string ${shown}, which is the address of a file and not source text`,
    `Pass a URL: new URL(${shown}${isWeb ? '' : ', import.meta.url'}).`,
  );
}

/** Packs a download for a custom worktime: as text if it is valid UTF-8, else as bytes. */
function packDownload(bytes: Uint8Array): PackedSource {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return packBytes(bytes);
  }
  return packed(text, 'module');
}

function packed(text: string, sourceKind: JobPackage['sourceKind']): PackedSource {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > SOURCE_BYTES_MAX) {
    throw invalid(
      `its source is ${bytes.length} bytes and the limit is ${SOURCE_BYTES_MAX} (512 KiB)`,
      'Move data to the arguments or to the job’s files (job.fs.add), and a large library too, bundled into one script: ' +
        'a JavaScript work function runs it once with (0, eval)(jobfs.readTextFile(path)), a Python one imports it from ' +
        'its directory.',
    );
  }
  return { bytes, sourceKind };
}

function functionText(work: object): string {
  const text = Function.prototype.toString.call(work);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw invalid('it is a bound or built-in function, which has no source text', 'Wrap it: (x) => f(x).');
  }
  if (/^class\b/.test(text)) throw invalid('it is a class', 'Pass a function that uses the class inside.');
  if (Object.prototype.toString.call(work).includes('Generator')) {
    throw invalid(
      'it is a generator function',
      'A slice has one result: return an array instead of yielding.',
    );
  }
  return text;
}

/** An expression that evaluates to the function. The source of a shorthand method is not an expression by itself. */
function toExpression(work: Extract<WorkSource, { text: string }>): string {
  const text = work.text.trim().replace(/;$/, '');
  const problem = syntaxProblem(text);
  if (problem === undefined) return text;
  const method = `Object.values({ ${text} })[0]`;
  if (work.kind === 'function' && !/^[[#]|^[gs]et\s/.test(text) && syntaxProblem(method) === undefined)
    return method;
  if (work.kind === 'function' && problem === 'unchecked') return looksLikeMethod(text) ? method : text;
  if (problem === 'unchecked') return text;
  if (work.kind === 'text' && isScript(text)) return text;
  if (work.kind === 'text' && syntaxProblem(method) === undefined) return method;
  throw invalid(`its source is not an expression (${problem})`, adviceFor(text));
}

function adviceFor(text: string): string {
  const language = languageOf(text);
  if (language === 'python') return "It looks like Python: set job.worktime = 'pyodide'.";
  if (language === undefined)
    return "In JavaScript write it as (x) => … or function (x) { … }; for Python set job.worktime = 'pyodide'.";
  return (
    'Write it as (x) => … or function (x) { … }, as a script that ends with one, or as a module that exports it as its ' +
    'default and has its imports bundled into it.'
  );
}

/**
 * Whether the text consists of statements. A static block parses them, and allows no `return`, `import` or `export`.
 */
function isScript(text: string): boolean {
  return syntaxProblem(`class { static {${text}\n} }`) === undefined;
}

/**
 * The syntax error of an expression, which is parsed and not run; `unchecked` if the page's policy forbids to compile
 * text.
 */
function syntaxProblem(expression: string): string | undefined {
  try {
    Reflect.construct(Function, [`return (${expression}\n)`]);
    return undefined;
  } catch (error) {
    return error instanceof SyntaxError ? error.message : 'unchecked';
  }
}

function looksLikeMethod(text: string): boolean {
  return !/^(async\s+)?(function\b|\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u.test(text);
}

/**
 * Whether the text is an ES module: it has `export` and does not parse as a function or script that only mentions it.
 */
function isModuleText(text: string): boolean {
  const hasExport = /(?:^|[^\w$.])export\s*(?:[{*]|(?:default|const|let|var|async|function|class)\b)/m.test(
    text,
  );
  if (!hasExport) return false;
  const trimmed = text.trim().replace(/;$/, '');
  return syntaxProblem(trimmed) !== undefined && !isScript(trimmed);
}

/** Removes the indentation that all lines have in a template literal. */
function dedent(text: string): string {
  const lines = text.split('\n');
  const filled = lines.filter((line) => line.trim() !== '');
  const indentation = /^[ \t]*/.exec(filled[0] ?? '')![0];
  if (indentation === '' || !filled.every((line) => line.startsWith(indentation))) return text;
  return lines
    .map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line.trimStart()))
    .join('\n');
}

/** Other names for worktimes, for the advice in an error message. */
const WORKTIME_ALIASES: ReadonlyMap<string, string> = new Map([
  ['python', 'pyodide'],
  ['python3', 'pyodide'],
  ['py', 'pyodide'],
  ['javascript', JAVASCRIPT_WORKTIME],
  ['js', JAVASCRIPT_WORKTIME],
  ['node', JAVASCRIPT_WORKTIME],
  ['webassembly', WASM_WORKTIME],
  ['wasi', WASM_WORKTIME],
]);

function unknownWorktime(name: string): ManyhandsError<'WORKTIME_UNKNOWN'> {
  const available = WORKTIMES.map((one) => one.name);
  const alias = WORKTIME_ALIASES.get(name.toLowerCase());
  const advice = alias === undefined ? '' : ` Did you mean ${alias}?`;
  const text = `Unknown worktime ${name}; available: ${available.join(', ')}.${advice}`;
  return new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range: '*', available });
}

function invalid(what: string, advice: string): ManyhandsError<'WORK_FUNCTION_INVALID'> {
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `This work function cannot be shipped: ${what}. ${advice}`,
  );
}
