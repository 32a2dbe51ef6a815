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
  isView,
  lengthOf,
  methodOf,
  OwnBytes,
  OwnPromise as Promise,
  RangeError,
} from '../realm/captured.js';
import { GarbagePressure } from './collect-garbage.js';
import {
  MEMORY_MODULE,
  ModuleRefused,
  parseMemoryImport,
  rewriteModule,
  WASM_PAGE_BYTES,
  type MemoryType,
  type ModuleBytes,
} from './rewrite-module.js';
import { WeakTable } from '../realm/weak-table.js';
import { wrapConstructor, wrapFunction } from '../realm/wrap-native.js';

const { deleteProperty } = Reflect;
const { floor } = Math;
const { create } = Object;
const then = methodOf(Promise.prototype, 'then');

/** Properties of a memory descriptor, in the order in which engines read them. */
const MEMORY_PROPERTIES = ['address', 'index', 'initial', 'maximum', 'minimum', 'shared'] as const;
type Description = Partial<Record<(typeof MEMORY_PROPERTIES)[number], unknown>>;
type Imports = Record<string, unknown>;
type Native = typeof WebAssembly;

/** Limits `scope.WebAssembly` to memories of `memoryBytesMax` bytes each. */
export function limitWebAssembly(scope: Record<string, unknown>, memoryBytesMax: number): void {
  const wasm = scope['WebAssembly'] as Native | undefined;
  if (wasm !== undefined) new Limiter(wasm, floor(memoryBytesMax / WASM_PAGE_BYTES)).install();
}

/** The imports of a module, computed once for all its instances. */
interface ImportPlan {
  /** The imports that replace its own memories: `count` of them, by index, without the methods of arrays. */
  readonly memories: Record<number, { name: string; type: MemoryType }>;
  readonly count: number;
  /** Names of the modules of all other imports. */
  readonly others: Record<string, true>;
}

class Limiter {
  readonly #wasm: Native;
  readonly #pagesMax: number;
  readonly #native: Pick<Native, 'Module' | 'Memory' | 'CompileError' | 'compile' | 'instantiate'>;
  readonly #importsOf: (module: unknown) => WebAssembly.ModuleImportDescriptor[];
  readonly #pressure: GarbagePressure;
  readonly #plans = new WeakTable<ImportPlan>();

  constructor(wasm: Native, pagesMax: number) {
    const { Module, Memory, CompileError, compile, instantiate } = wasm;
    this.#wasm = wasm;
    this.#pagesMax = pagesMax;
    this.#native = { Module, Memory, CompileError, compile, instantiate };
    this.#importsOf = Module.imports.bind(Module) as (module: unknown) => never;
    const bufferOfMemory = getterOf(Memory.prototype, 'buffer');
    this.#pressure = new GarbagePressure((memory) => bufferLength(apply(bufferOfMemory, memory, [])));
  }

  install(): void {
    const wasm = this.#wasm;
    wrapConstructor(wasm, 'Module', (Native, args, target) => {
      const given = args.length > 0 ? [this.#rewritten(args[0]), args[1]] : args;
      return construct(Native, given, target) as object;
    });
    wrapConstructor(wasm, 'Instance', (Native, args, target) => {
      const given = args.length > 0 ? [args[0], this.#completeImports(args[0], args[1])] : args;
      return construct(Native, given, target) as object;
    });
    wrapConstructor(wasm, 'Memory', (_Native, args, target) => {
      const [description] = args.length > 0 ? args : [undefined];
      return this.#makeMemory(describe(description), description, target);
    });
    wrapFunction(wasm.Module, 'imports', (native, self, args) => {
      const all = apply(native, self, args) as WebAssembly.ModuleImportDescriptor[];
      return withoutMemories(all);
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
        return apply(native, self, args.length > 0 ? [this.#rewritten(args[0]), args[1]] : args);
      } catch (error) {
        if (error instanceof this.#native.CompileError) return false;
        throw error;
      }
    });
    const bytesOf = async (response: unknown): Promise<unknown> =>
      ((await response) as Response).arrayBuffer();
    wrapFunction(wasm, 'compileStreaming', async (_native, _self, args) =>
      this.#compile(await bytesOf(args[0]), args[1]),
    );
    wrapFunction(wasm, 'instantiateStreaming', async (_native, _self, args) =>
      this.#instantiate(await bytesOf(args[0]), args[1], args[2]),
    );
  }

  #compile(source: unknown, options: unknown): unknown {
    let bytes: unknown;
    try {
      bytes = this.#rewritten(source);
    } catch (error) {
      return new Promise((_resolve, reject) => reject(error));
    }
    return apply(this.#native.compile, this.#wasm, [bytes, options]);
  }

  #instantiate(source: unknown, imports: unknown, options: unknown): unknown {
    if (this.#planOf(source) !== undefined) return this.#instantiateModule(source, imports);
    const made = (module: unknown): unknown =>
      apply(then, this.#instantiateModule(module, imports), [(instance: unknown) => ({ module, instance })]);
    return apply(then, this.#compile(source, options), [made]);
  }

  #instantiateModule(module: unknown, imports: unknown): unknown {
    let all: unknown;
    try {
      all = this.#completeImports(module, imports);
    } catch (error) {
      return new Promise((_resolve, reject) => reject(error));
    }
    return apply(this.#native.instantiate, this.#wasm, [module, all]);
  }

  /** Undefined where `module` is not a module. */
  #planOf(module: unknown): ImportPlan | undefined {
    if (!isObject(module) || isView(module)) return undefined;
    const cached = this.#plans.get(module);
    if (cached !== undefined) return cached;
    try {
      const plan = planOf(this.#importsOf(module));
      this.#plans.set(module, plan);
      return plan;
    } catch {
      return undefined;
    }
  }

  /** Copies and rewrites a module's bytes; undefined for other values, which the engine refuses. Throws CompileError. */
  #rewritten(source: unknown): Uint8Array | undefined {
    const copy = copyOf(source);
    if (copy === undefined) return undefined;
    try {
      const { bytes, length } = rewriteModule(copy);
      // A view of the written bytes: the underlying buffer may be longer.
      return new OwnBytes(bufferOf(bytes), 0, length);
    } catch (error) {
      if (!(error instanceof ModuleRefused)) throw error;
      throw new this.#native.CompileError(`WebAssembly: the module is refused: ${error.message}`);
    }
  }

  /** The imports passed by job code, and the memories that the module originally defined. */
  #completeImports(module: unknown, imports: unknown): unknown {
    const plan = this.#planOf(module);
    // If either is invalid, the engine throws its own error.
    if (plan === undefined || plan.count === 0 || (imports !== undefined && !isObject(imports)))
      return imports;
    const all = create(null) as Imports;
    const memories = create(null) as Imports;
    for (let i = 0; i < plan.count; i++) {
      const { name, type } = plan.memories[i]!;
      memories[name] = this.#makeMemory(descriptionOf(type), undefined, this.#native.Memory);
    }
    for (const from in plan.others) all[from] = (imports as Imports | undefined)?.[from];
    all[MEMORY_MODULE] = memories;
    return all;
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

/** The most pages that 32 bits can address; the engine refuses more. */
const PAGES_32_BITS_MAX = 65_536;

function planOf(imports: WebAssembly.ModuleImportDescriptor[]): ImportPlan {
  const memories = create(null) as ImportPlan['memories'];
  const others = create(null) as ImportPlan['others'];
  let count = 0;
  for (let i = 0; i < imports.length; i++) {
    const { module: from, name } = imports[i]!;
    const type = from === MEMORY_MODULE ? parseMemoryImport(name) : undefined;
    if (type !== undefined) memories[count++] = { name, type };
    else others[from] = true;
  }
  return { memories, count, others };
}

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

function descriptionOf({ min, max, shared, index64 }: MemoryType): Description {
  const size = (count: number): unknown => (index64 ? BIG(count) : count);
  const description = create(null) as Description;
  description.initial = size(min);
  if (max !== undefined) description.maximum = size(max);
  if (shared) description.shared = true;
  if (index64) description.address = 'i64';
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

/** Hides from job code the imports that replace its own memories. */
function withoutMemories(all: WebAssembly.ModuleImportDescriptor[]): WebAssembly.ModuleImportDescriptor[] {
  let hidden = 0;
  for (let i = 0; i < all.length; i++) {
    if (all[i]!.module === MEMORY_MODULE) hidden += 1;
    else if (hidden > 0) all[i - hidden] = all[i]!;
  }
  all.length -= hidden;
  return all;
}

/** A private copy of the bytes of a buffer or view; undefined for anything else. */
function copyOf(source: unknown): ModuleBytes | undefined {
  if (typeof source !== 'object' || source === null) return undefined;
  const original = bytesOf(source) ?? sharedBytes(source);
  if (original === undefined) return undefined;
  const bytes = copyBytes(original);
  return { bytes, length: lengthOf(bytes) };
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
