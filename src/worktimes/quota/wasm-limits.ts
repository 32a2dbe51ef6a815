/**
 * Limits the size of each WebAssembly memory, whatever function job code compiles, instantiates or constructs it by. How
 * many memories are reachable is known to the garbage collector only, so their sum is bounded from outside, by the
 * process; unreachable ones are collected early: see `GarbagePressure`.
 * @module
 */
import {
  apply,
  bufferLength,
  bufferOf,
  bytesOf,
  construct,
  copyBytes,
  getterOf,
  lengthOf,
  methodOf,
  OwnBytes,
  OwnPromise as Promise,
  RangeError,
  type AnyMethod,
} from '../realm/captured.js';
import { GarbagePressure } from './collect-garbage.js';
import { ModuleRefused } from './module-format.js';
import { PAGES_32_BITS_MAX, rewriteModule, WASM_PAGE_BYTES, type RewrittenModule } from './rewrite-module.js';
import { WeakTable } from '../realm/weak-table.js';
import { wrapConstructor, wrapFunction } from '../realm/wrap-native.js';

const { deleteProperty } = Reflect;
const { floor } = Math;
const { create } = Object;
const then = methodOf(Promise.prototype, 'then');

/** Properties of a memory descriptor, in the order in which engines read them. */
const MEMORY_PROPERTIES = ['address', 'index', 'initial', 'maximum', 'minimum', 'shared'] as const;
type Description = Partial<Record<(typeof MEMORY_PROPERTIES)[number], unknown>>;
type Native = typeof WebAssembly;

/** Limits `scope.WebAssembly` to memories of `memoryBytesMax` bytes each. */
export function limitWebAssembly(scope: Record<string, unknown>, memoryBytesMax: number): void {
  const wasm = scope['WebAssembly'] as Native | undefined;
  if (wasm !== undefined) new Limiter(wasm, floor(memoryBytesMax / WASM_PAGE_BYTES)).install();
}

class Limiter {
  readonly #wasm: Native;
  readonly #pagesMax: number;
  readonly #native: Pick<Native, 'Module' | 'Memory' | 'CompileError' | 'compile' | 'instantiate'>;
  readonly #pressure: GarbagePressure;
  /** The initial bytes of the memories that a module defines. A module that was sent here by a message is not known. */
  readonly #memoryBytes = new WeakTable<number>();

  constructor(wasm: Native, pagesMax: number) {
    const { Module, Memory, Instance, CompileError, compile, instantiate } = wasm;
    this.#wasm = wasm;
    this.#pagesMax = pagesMax;
    this.#native = { Module, Memory, CompileError, compile, instantiate };
    const readBuffer = getterOf(Memory.prototype, 'buffer');
    const readExports = getterOf(Instance.prototype, 'exports');
    this.#pressure = new GarbagePressure((made) => bytesOfMemories(made, readBuffer, readExports));
  }

  install(): void {
    const wasm = this.#wasm;
    wrapConstructor(wasm, 'Module', (Native, args, target) => {
      const rewritten = this.#rewrite(args[0]);
      const given = rewritten === undefined ? args : [rewritten.bytes, args[1]];
      return this.#remember(construct(Native, given, target) as object, rewritten);
    });
    wrapConstructor(wasm, 'Instance', (Native, args, target) => {
      const bytes = this.#memoryBytes.get(args[0]);
      if (bytes === 0) return construct(Native, args, target) as object;
      this.#pressure.beforeAllocation(bytes ?? 0);
      const instance = construct(Native, args, target) as object;
      this.#pressure.afterAllocation(instance);
      return instance;
    });
    wrapConstructor(wasm, 'Memory', (_Native, args, target) => {
      const [description] = args.length > 0 ? args : [undefined];
      return this.#makeMemory(describe(description), description, target);
    });
    this.#wrapFunctions();
    // Type reflection would show limits that are not the module's own, and has further constructors.
    for (const name of ['Function', 'MemoryMapDescriptor']) deleteProperty(wasm, name);
    deleteProperty(wasm.Memory.prototype, 'type');
  }

  #wrapFunctions(): void {
    const wasm = this.#wasm;
    wrapFunction(wasm, 'compile', (_native, _self, args) => this.#compile(args[0], args[1]));
    wrapFunction(wasm, 'instantiate', (_native, _self, args) => this.#instantiate(args[0], args[1], args[2]));
    wrapFunction(wasm, 'validate', (native, self, args) => {
      try {
        const rewritten = this.#rewrite(args[0]);
        return apply(native, self, rewritten === undefined ? args : [rewritten.bytes, args[1]]);
      } catch (error) {
        if (error instanceof this.#native.CompileError) return false;
        throw error;
      }
    });
    const bodyOf = async (response: unknown): Promise<unknown> =>
      ((await response) as Response).arrayBuffer();
    wrapFunction(wasm, 'compileStreaming', async (_native, _self, args) =>
      this.#compile(await bodyOf(args[0]), args[1]),
    );
    wrapFunction(wasm, 'instantiateStreaming', async (_native, _self, args) =>
      this.#instantiate(await bodyOf(args[0]), args[1], args[2]),
    );
  }

  #compile(source: unknown, options: unknown): unknown {
    let rewritten: RewrittenModule | undefined;
    try {
      rewritten = this.#rewrite(source);
    } catch (error) {
      return new Promise((_resolve, reject) => reject(error));
    }
    const compiled: unknown = apply(this.#native.compile, this.#wasm, [rewritten?.bytes ?? source, options]);
    return apply(then, compiled, [(module: object) => this.#remember(module, rewritten)]);
  }

  #instantiate(source: unknown, imports: unknown, options: unknown): unknown {
    if (viewOf(source) === undefined) return this.#instantiateModule(source, imports);
    const made = (module: unknown): unknown =>
      apply(then, this.#instantiateModule(module, imports), [(instance: unknown) => ({ module, instance })]);
    return apply(then, this.#compile(source, options), [made]);
  }

  /** The engine refuses what is no module. */
  #instantiateModule(module: unknown, imports: unknown): unknown {
    const bytes = isObject(module) ? this.#memoryBytes.get(module) : 0;
    if (bytes !== 0) this.#pressure.beforeAllocation(bytes ?? 0);
    const made: unknown = apply(this.#native.instantiate, this.#wasm, [module, imports]);
    if (bytes === 0) return made;
    return apply(then, made, [(instance: object) => (this.#pressure.afterAllocation(instance), instance)]);
  }

  #remember(module: object, rewritten: RewrittenModule | undefined): object {
    this.#memoryBytes.set(module, rewritten?.memoryBytes ?? 0);
    return module;
  }

  /** Copies and rewrites a module's bytes; undefined for other values, which the engine refuses. @throws CompileError */
  #rewrite(source: unknown): RewrittenModule | undefined {
    const view = viewOf(source);
    if (view === undefined) return undefined;
    const bytes = copyBytes(view);
    try {
      return rewriteModule({ bytes, length: lengthOf(bytes) }, this.#pagesMax);
    } catch (error) {
      if (!(error instanceof ModuleRefused)) throw error;
      throw new this.#native.CompileError(`WebAssembly: the module is refused: ${error.message}`);
    }
  }

  /** Without a description, `given` is passed to the engine, which refuses it. */
  #makeMemory(description: Description | undefined, given: unknown, target: unknown): object {
    const { Memory } = this.#native;
    const newTarget = target as typeof Memory;
    if (description === undefined) return construct(Memory, [given], newTarget) as object;
    const isWide = description.address === 'i64' || description.index === 'i64';
    const initial = pages(description.initial ?? description.minimum ?? 0);
    const isSize = (count: number): boolean => isWide || count <= PAGES_32_BITS_MAX;
    if (initial > this.#pagesMax && isSize(initial))
      throw new RangeError(
        `WebAssembly.Memory(): ${initial} pages are more than the ${this.#pagesMax} that a memory may have here`,
      );
    boundMaximum(description, this.#pagesMax, isWide);
    this.#pressure.beforeAllocation(initial * WASM_PAGE_BYTES);
    const memory = construct(Memory, [description], newTarget) as object;
    this.#pressure.afterAllocation(memory);
    return memory;
  }
}

const BIG = BigInt;
const BOOLEAN = Boolean;
const NUMBER = Number;

/** Lowers the maximum to `pagesMax`. Leaves values that the engine refuses unchanged. */
function boundMaximum(description: Description, pagesMax: number, isWide: boolean): void {
  const { maximum, shared } = description;
  const bound = isWide ? BIG(pagesMax) : pagesMax;
  if (maximum === undefined) {
    if (shared !== true) description.maximum = bound;
    return;
  }
  const most = pages(maximum);
  if (!(most > pagesMax) || isWide !== (typeof maximum === 'bigint')) return;
  if (isWide || most <= PAGES_32_BITS_MAX) description.maximum = bound;
}

/** Reads each property of a memory descriptor once; undefined where `given` is not an object. */
function describe(given: unknown): Description | undefined {
  if (!isObject(given)) return undefined;
  const description = create(null) as Description;
  for (let i = 0; i < MEMORY_PROPERTIES.length; i++) {
    const key = MEMORY_PROPERTIES[i]!;
    const value = (given as Description)[key];
    if (value === undefined) continue;
    if (key === 'shared') description.shared = BOOLEAN(value);
    else if (key === 'address' || key === 'index') description[key] = `${value as string}`;
    else description[key] = primitive(value);
  }
  return description;
}

/** Converts an object to a number once: a second conversion could return another value. */
function primitive(value: unknown): unknown {
  return typeof value === 'object' || typeof value === 'function' ? +(value as unknown as number) : value;
}

/** A number of pages; NaN where `value` is not a number. */
function pages(value: unknown): number {
  return typeof value === 'symbol' ? NaN : floor(NUMBER(value));
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Bytes of a memory, or of the memories that an instance exports. */
function bytesOfMemories(made: object, readBuffer: AnyMethod, readExports: AnyMethod): number {
  const size = (value: unknown): number => {
    try {
      return bufferLength(apply(readBuffer, value, []));
    } catch {
      return 0;
    }
  };
  let exported: Record<string, unknown>;
  try {
    exported = apply(readExports, made, []) as Record<string, unknown>;
  } catch {
    return size(made);
  }
  let bytes = 0;
  for (const name in exported) if (typeof exported[name] === 'object') bytes += size(exported[name]);
  return bytes;
}

/** The bytes of a buffer or view, not copied; undefined for anything else. */
function viewOf(source: unknown): Uint8Array | undefined {
  return isObject(source) ? (bytesOf(source) ?? sharedBytes(source)) : undefined;
}

/** The bytes of a SharedArrayBuffer; undefined for other values that the constructor of Uint8Array accepts. */
function sharedBytes(source: object): Uint8Array | undefined {
  try {
    const bytes = new OwnBytes(source as ArrayBuffer);
    return bufferOf(bytes) === source ? bytes : undefined;
  } catch {
    return undefined;
  }
}
