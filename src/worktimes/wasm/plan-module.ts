/**
 * Determines from its exports what kind of work function a WebAssembly module is: a command, a function of bytes, or a
 * function of numbers. Called by the deployer before it sends the module, and by the sandbox before it runs it.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { truncateText } from '../../lib/text.js';
import type { WasmCall } from '../../protocol/job/job-package.js';
import { isWasm } from '../quota/module-format.js';
import { HOST_FUNCTIONS } from './host-names.js';
import {
  isComponent,
  readInterface,
  type FunctionType,
  type ModuleExport,
  type ModuleImport,
  type ModuleInterface,
  type ValueType,
} from './module-reader.js';

export type ModulePlan =
  /** A program of WASI preview 1: a new instance for each slice. */
  | { readonly kind: 'command' }
  /** `work(pointer, length, ...args)`, with `alloc` for the datum. */
  | {
      readonly kind: 'bytes';
      readonly name: string;
      readonly argTypes: readonly ValueType[];
      /** The function that allocates memory for the datum. */
      readonly alloc: string;
      /** The function that frees a result; absent where there is none. */
      readonly free?: string;
    }
  /** `work(...numbers)`. */
  | { readonly kind: 'numbers'; readonly name: string; readonly type: FunctionType };

/** The function that is called by default. */
const WORK = 'work';
/** Exports that are never the work function: allocators and those of linkers. */
const HELPERS = /^(alloc|dealloc|malloc|free|_initialize|_start|__.*)$/;
/** The number of names in an error message, and the length of each, in UTF-16 units. */
const SHOWN_MAX = 8;
const NAME_SHOWN_MAX = 100;

/** @throws WORK_FUNCTION_INVALID with a message that says what to change */
export function planModule(bytes: Uint8Array, call: WasmCall = {}): ModulePlan {
  checkBytes(bytes);
  const moduleInterface = readInterface(bytes);
  checkImports(moduleInterface.imports);
  const functions = new Map(
    moduleInterface.exports.filter((one) => one.kind === 'function').map((one) => [one.name, one]),
  );
  if (functions.has('_start') && call.export === undefined) {
    if (call.alloc !== undefined || call.free !== undefined)
      throw invalid('it is a command', 'job.wasm.alloc and job.wasm.free are for functions of bytes.');
    if (hasMemory(moduleInterface)) return { kind: 'command' };
    throw invalid('it exports _start and no memory', 'A command must export its memory as `memory`.');
  }
  if (call.output !== undefined || call.exitCodes !== undefined)
    throw invalid(
      'it is no command',
      'job.wasm.output and job.wasm.exitCodes are for commands (with _start).',
    );
  const found = chooseFunction(functions, call.export);
  const { type } = found;
  if (type === undefined || [...type.params, ...type.results].includes('other')) {
    throw invalid(
      `its function ${found.name} has a parameter or result that is no number`,
      'Export one of i32, i64, f32 and f64 only.',
    );
  }
  const helpers = chooseHelpers(functions, call);
  if (takesBytes(type, helpers.alloc, functions, moduleInterface)) {
    return { kind: 'bytes', name: found.name, argTypes: type.params.slice(2), ...helpers };
  }
  if (call.alloc !== undefined || call.free !== undefined)
    throw invalid(
      `its function ${found.name} is none of bytes`,
      'job.wasm.alloc and job.wasm.free are for a function (i32, i32, …) → i64 of a module that exports `memory`; ' +
        'alloc is (i32) → i32.',
    );
  return { kind: 'numbers', name: found.name, type };
}

function checkBytes(bytes: Uint8Array): void {
  if (isComponent(bytes)) {
    throw invalid('it is a WebAssembly component', 'Build it for WASI preview 1 (wasm32-wasip1).');
  }
  if (!isWasm(bytes)) {
    const isText = /^\s*\(module/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
    throw isText
      ? invalid('it is WebAssembly text', 'Assemble it first: wat2wasm module.wat.')
      : invalid('its bytes are no WebAssembly module', 'Hand in the .wasm file that your compiler writes.');
  }
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw invalid(
      `its bytes are a WebAssembly module that does not hold together, or with features that not every browser has: ${whyInvalid(bytes)}`,
      'Build it again, without the feature that this names.',
    );
  }
}

/** The error message of the engine, without its prefix. */
function whyInvalid(bytes: Uint8Array): string {
  try {
    Reflect.construct(WebAssembly.Module, [bytes]);
    return 'this engine does not say why';
  } catch (error) {
    return truncateText(String((error as Error).message), 300).replace(/^WebAssembly\.Module\(\): /, '');
  }
}

function checkImports(imports: readonly ModuleImport[]): void {
  const missing = imports.filter(
    ({ module, name, kind }) => kind !== 'function' || HOST_FUNCTIONS.get(module)?.has(name) !== true,
  );
  if (missing.length === 0) return;
  const shown = missing
    .slice(0, SHOWN_MAX)
    .map(({ module, name, kind }) => `${truncateText(`${module}.${name}`, NAME_SHOWN_MAX)} (${kind})`);
  const more = missing.length > SHOWN_MAX ? ` and ${missing.length - SHOWN_MAX} more` : '';
  throw invalid(`it imports ${shown.join(', ')}${more}, which a sandbox does not have`, adviceFor(missing), {
    imports: missing
      .slice(0, 100)
      .map(({ module, name }) => truncateText(`${module}.${name}`, NAME_SHOWN_MAX)),
  });
}

function adviceFor(missing: readonly ModuleImport[]): string {
  const modules = new Set(missing.map(({ module }) => module));
  const hasPrefix = (text: string): boolean => [...modules].some((module) => module.startsWith(text));
  if (modules.has('gojs') || modules.has('go')) return 'Build it with GOOS=wasip1.';
  if (modules.has('wbg') || hasPrefix('__wbindgen') || hasPrefix('./'))
    return 'Export plain functions: the JavaScript that wasm-bindgen writes is not sent.';
  if (modules.has('wasi_unstable') || hasPrefix('wasi:'))
    return 'Build it for WASI preview 1 (wasm32-wasip1).';
  if (missing.some(({ kind }) => kind === 'memory'))
    return 'Let the module define and export its own memory.';
  if (hasPrefix('env') && missing.some(({ name }) => name.startsWith('emscripten_') || name === 'invoke_vii'))
    return 'Build it with -sSTANDALONE_WASM: the JavaScript that Emscripten writes is not sent.';
  if (hasPrefix('env'))
    return (
      'Of env it may import abort, seed and console.log, as AssemblyScript does; leave out what needs other functions ' +
      'of JavaScript.'
    );
  return 'It may import wasi_snapshot_preview1, and progress, log and fail of manyhands.';
}

function chooseFunction(
  functions: ReadonlyMap<string, ModuleExport>,
  exportName: string | undefined,
): ModuleExport {
  const names = [...functions.keys()].filter((name) => !HELPERS.test(name));
  const shown =
    names.length === 0
      ? 'no function'
      : names
          .slice(0, SHOWN_MAX)
          .map((name) => truncateText(name, NAME_SHOWN_MAX))
          .join(', ');
  if (exportName !== undefined) {
    const found = functions.get(exportName);
    if (found !== undefined) return found;
    throw invalid(
      `it exports ${shown}, and no function ${exportName}`,
      'Set job.wasm.export to one that it exports.',
    );
  }
  const found = functions.get(WORK) ?? (names.length === 1 ? functions.get(names[0]!) : undefined);
  if (found !== undefined) return found;
  throw invalid(
    `it exports ${shown}`,
    names.length === 0
      ? 'Export the work function, or build a command (with _start).'
      : "Call one of them `work`, or name it: job.wasm = { export: '…' }.",
  );
}

/** The functions that allocate and free memory. @throws WORK_FUNCTION_INVALID where a named one does not exist */
function chooseHelpers(
  functions: ReadonlyMap<string, ModuleExport>,
  call: WasmCall,
): { alloc: string; free?: string } {
  for (const key of ['alloc', 'free'] as const) {
    const name = call[key];
    if (name === undefined || functions.has(name)) continue;
    throw invalid(
      `it exports no function ${truncateText(name, NAME_SHOWN_MAX)}`,
      `Set job.wasm.${key} to one that it exports.`,
    );
  }
  const alloc = call.alloc ?? (functions.has('alloc') || !functions.has('malloc') ? 'alloc' : 'malloc');
  const free = call.free ?? (functions.has('dealloc') ? 'dealloc' : undefined);
  return { alloc, ...(free === undefined ? {} : { free }) };
}

/** The convention: `alloc(i32) → i32` and `work(i32, i32, …) → i64`, whose result packs a pointer and a length. */
function takesBytes(
  { params, results }: FunctionType,
  allocName: string,
  functions: ReadonlyMap<string, ModuleExport>,
  moduleInterface: ModuleInterface,
): boolean {
  const alloc = functions.get(allocName)?.type;
  const fits = alloc?.params.join() === 'i32' && alloc.results.join() === 'i32' && hasMemory(moduleInterface);
  return fits && results.join() === 'i64' && params.slice(0, 2).join() === 'i32,i32';
}

function hasMemory({ exports }: ModuleInterface): boolean {
  return exports.some(({ name, kind }) => name === 'memory' && kind === 'memory');
}

function invalid(what: string, advice: string, info: Record<string, unknown> = {}): ManyhandsError {
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `This WebAssembly module cannot be a work function: ${what}. ${advice}`,
    info,
  );
}
