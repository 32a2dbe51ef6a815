/**
 * The work function as source text. A function is taken by `toString()`, so it sees none of the variables
 * around it. The text is read and checked when the job is deployed, because the worktime may be set until then.
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

/** What a work function is to run in. */
export interface WorkHome {
  readonly worktime: string;
  /** Whether the job brings its worktime along: what its work functions are is for it to say. */
  readonly isCustom?: boolean;
  readonly wasm?: WasmCall;
}

/** @throws WORK_FUNCTION_INVALID for what can be seen to be wrong without knowing the worktime */
export function parseWork(work: unknown): WorkSource {
  if (work instanceof URL) return { kind: 'url', url: work };
  if (work instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(work) };
  if (ArrayBuffer.isView(work))
    return { kind: 'bytes', bytes: new Uint8Array(work.buffer, work.byteOffset, work.byteLength) };
  if (typeof work === 'string') {
    if (work.trim() === '') throw invalid('its source is empty', 'Hand in the source of a function.');
    return { kind: 'text', text: work };
  }
  if (typeof work !== 'function') {
    throw invalid(
      `it is ${typeof work}`,
      'Hand in a function, its source as a string, the URL of a module, or the bytes of one.',
    );
  }
  return { kind: 'function', text: functionText(work), name: work.name };
}

/**
 * The source as it travels in the package of a job with this worktime.
 * @throws WORK_FUNCTION_INVALID, and whatever `readModule` throws
 */
export async function packSource(
  work: WorkSource,
  { worktime, isCustom = false, wasm }: WorkHome,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<PackedSource> {
  const isJavaScript = worktime === JAVASCRIPT_WORKTIME && !isCustom;
  if (work.kind === 'function') {
    if (isJavaScript) return packed(toExpression(work), 'function');
    if (!isCustom && describeWorktime(worktime) === undefined) throw noWorktime(worktime);
    throw invalid(
      `${isCustom ? 'a custom worktime' : `worktime '${worktime}'`} does not run JavaScript functions`,
      worktime === WASM_WORKTIME
        ? 'Hand in the bytes or the URL of a WebAssembly module.'
        : 'Hand in its source as a string or as a URL.',
    );
  }
  if (work.kind === 'text') {
    if (!isCustom) refuseAddress(work.text);
    if (isJavaScript) {
      if (isModuleText(work.text)) return packed(work.text, 'module');
      return packed(toExpression(work), 'function');
    }
    if (worktime === WASM_WORKTIME && !isCustom) return packModule(new TextEncoder().encode(work.text), wasm);
    return packed(dedent(work.text), 'module');
  }
  const bytes = work.kind === 'url' ? await readModule(work.url) : work.bytes;
  if (isCustom) return work.kind === 'bytes' ? packBytes(bytes) : packFound(bytes);
  if (worktime === WASM_WORKTIME) return packModule(bytes, wasm);
  if (isWasm(bytes)) throw invalid('it is a WebAssembly module', "Set job.worktime = 'wasm'.");
  if (work.kind === 'bytes')
    throw invalid(`worktime '${worktime}' does not run bytes`, 'Hand in its source as a string or as a URL.');
  const text = new TextDecoder().decode(bytes);
  return packed(isJavaScript ? text : dedent(text), 'module');
}

/** A text that names a file is no source: it would fail on every worker, or as an error of syntax. */
function refuseAddress(text: string): void {
  const address = text.trim();
  const isWeb = /^(?:https?|file):\/\/\S+$/.test(address);
  if (!isWeb && !/^[\w@.~/\\:-]+\.(?:[cm]?[jt]s|py|wasm|wat)$/.test(address)) return;
  const shown = JSON.stringify(address.slice(0, 200));
  throw invalid(
    `it is the text ${shown}, which is the address of a file and no source`,
    `Hand in a URL: new URL(${shown}${isWeb ? '' : ', import.meta.url'}).`,
  );
}

/** What an address gave, for a custom worktime: a text where it is one. */
function packFound(bytes: Uint8Array): PackedSource {
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
      'Put data into the arguments or the job’s files (job.fs.add), and a large library, bundled into one script, too: ' +
        'a JavaScript work function runs it by (0, eval)(jobfs.readTextFile(path)) once, a Python one imports it from ' +
        'its directory.',
    );
  }
  return { bytes, sourceKind };
}

function functionText(work: object): string {
  const text = Function.prototype.toString.call(work);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw invalid('it is a bound or built-in function, whose source is not known', 'Wrap it: (x) => f(x).');
  }
  if (/^class\b/.test(text)) throw invalid('it is a class', 'Hand in a function that uses the class inside.');
  if (Object.prototype.toString.call(work).includes('Generator')) {
    throw invalid(
      'it is a generator function',
      'A slice has one result: return an array instead of yielding.',
    );
  }
  return text;
}

/** An expression that evaluates to the function; a method's shorthand source is not one by itself. */
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
    'Write it as (x) => … or function (x) { … }, as a script that ends in one, or as a module that exports it as its ' +
    'default and has all that it imports bundled into it.'
  );
}

/** Statements that end in an expression. A static block parses them, and allows no `return`, `import` or `export`. */
function isScript(text: string): boolean {
  return syntaxProblem(`class { static {${text}\n} }`) === undefined;
}

/** Parses and does not run. `unchecked` where the page's policy forbids to compile text. */
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

/** An `export` that is no word of a text or comment of a function or script, which it would make no module. */
function isModuleText(text: string): boolean {
  const hasExport = /(?:^|[^\w$.])export\s*(?:[{*]|(?:default|const|let|var|async|function|class)\b)/m.test(
    text,
  );
  if (!hasExport) return false;
  const trimmed = text.trim().replace(/;$/, '');
  return syntaxProblem(trimmed) !== undefined && !isScript(trimmed);
}

/** Takes away the indentation that a template literal gave to all of its lines. */
function dedent(text: string): string {
  const lines = text.split('\n');
  const filled = lines.filter((line) => line.trim() !== '');
  const margin = /^[ \t]*/.exec(filled[0] ?? '')![0];
  if (margin === '' || !filled.every((line) => line.startsWith(margin))) return text;
  return lines
    .map((line) => (line.startsWith(margin) ? line.slice(margin.length) : line.trimStart()))
    .join('\n');
}

/** Names by which people know what a worktime runs. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['python', 'pyodide'],
  ['python3', 'pyodide'],
  ['py', 'pyodide'],
  ['javascript', JAVASCRIPT_WORKTIME],
  ['js', JAVASCRIPT_WORKTIME],
  ['node', JAVASCRIPT_WORKTIME],
  ['webassembly', WASM_WORKTIME],
  ['wasi', WASM_WORKTIME],
]);

function noWorktime(name: string): ManyhandsError<'WORKTIME_UNKNOWN'> {
  const available = WORKTIMES.map((one) => one.name);
  const meant = MEANT.get(name.toLowerCase());
  const advice = meant === undefined ? '' : ` Did you mean ${meant}?`;
  const text = `There is no worktime ${name}: there is ${available.join(', ')}.${advice}`;
  return new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range: '*', available });
}

function invalid(what: string, advice: string): ManyhandsError<'WORK_FUNCTION_INVALID'> {
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `This work function cannot be shipped: ${what}. ${advice}`,
  );
}
