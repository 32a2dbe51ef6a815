/**
 * WebAssembly under a cap: every entry by which job code can compile, instantiate or make a memory or a table goes
 * through here. All memories of a sandbox share the cap by the most that each may grow to, since growing cannot be
 * seen: one that says no maximum gets a part of what is left.
 * @module
 */
import { knowShared } from './buffer-sizes.js';
import { rememberMemory, watchMemories } from './memory-list.js';
import type { Quota } from './quota.js';
import {
  MEMORY_MODULE,
  ModuleRefused,
  parseMemoryImport,
  rewriteModule,
  TABLE_ELEMENTS_MAX,
  WASM_PAGE_BYTES,
  type MemoryType,
  type ModuleBytes,
} from './wasm-module.js';
import { WeakTable } from './weak-table.js';
import { wrapConstructor, type AnyConstructor, type AnyMethod, getterOf, methodOf } from './wrap-native.js';

/** What an element of a table is reckoned with. */
const TABLE_ELEMENT_BYTES = 16;
/** A byte of a module, and of the sections that each instance has a copy of, are reckoned with so many. */
const MODULE_FACTOR = 4;
const INSTANCE_FACTOR = 8;
const UNKNOWN_INSTANCE_BYTES = TABLE_ELEMENTS_MAX * TABLE_ELEMENT_BYTES;
/** The first memory of a sandbox may take so much of the cap, each other one so much of what is left. */
const FIRST_SHARE = 3 / 4;
const SHARE = 1 / 4;

const { apply, construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } =
  Reflect;
const isView = ArrayBuffer.isView.bind(ArrayBuffer);
const { Uint8Array: Bytes, RangeError, TypeError } = globalThis;
const BIG = BigInt;
const NUMBER = Number;
const { floor, max: larger, min: smaller } = Math;
const { create } = Object;
const setBytes = methodOf(Bytes.prototype, 'set');

const typedPrototype = getPrototypeOf(Bytes.prototype)!;
const typed = {
  buffer: getterOf(typedPrototype, 'buffer'),
  offset: getterOf(typedPrototype, 'byteOffset'),
  length: getterOf(typedPrototype, 'byteLength'),
};
const dataView = {
  buffer: getterOf(DataView.prototype, 'buffer'),
  offset: getterOf(DataView.prototype, 'byteOffset'),
  length: getterOf(DataView.prototype, 'byteLength'),
};

interface Rewritten {
  readonly view: Uint8Array<ArrayBuffer>;
  /** Of the module itself: its bytes, and the code that comes of them. */
  readonly moduleBytes: number;
  readonly instanceBytes: number;
}

type Imports = Record<string, unknown>;
type Native = typeof WebAssembly;

/** What gives back what a memory holds. */
const releases = new WeakTable<() => void>();

/**
 * Gives back what a memory holds of its quota, for a runtime that knows that no code will reach it again: the
 * collector may be long in coming. Memories that are under no quota are left alone.
 */
export function releaseMemory(memory: WebAssembly.Memory): void {
  const release = releases.get(memory);
  release?.();
}

/** Puts `scope.WebAssembly` under the quota. */
export function limitWebAssembly(scope: Record<string, unknown>, quota: Quota): void {
  const wasm = scope['WebAssembly'] as Native | undefined;
  if (wasm === undefined) return;
  new Limiter(wasm, quota).install();
}

class Limiter {
  readonly #wasm: Native;
  readonly #quota: Quota;
  readonly #native: Pick<
    Native,
    'Module' | 'Instance' | 'Memory' | 'Table' | 'CompileError' | 'compile' | 'instantiate' | 'validate'
  >;
  readonly #instanceBytes = new WeakTable<number>();
  readonly #bufferOf: AnyMethod;
  readonly #importsOf: (module: WebAssembly.Module) => WebAssembly.ModuleImportDescriptor[];

  constructor(wasm: Native, quota: Quota) {
    this.#wasm = wasm;
    this.#quota = quota;
    const { Module, Instance, Memory, Table, CompileError, compile, instantiate, validate } = wasm;
    this.#native = { Module, Instance, Memory, Table, CompileError, compile, instantiate, validate };
    this.#bufferOf = getterOf(Memory.prototype, 'buffer');
    this.#importsOf = Module.imports.bind(Module);
  }

  install(): void {
    const { Module, Instance, Memory, Table } = this.#native;
    const wrap = (name: string, Own: unknown, make: Parameters<typeof wrapConstructor>[3]): void =>
      wrapConstructor(this.#wasm, name, Own as AnyConstructor, make);
    wrap('Module', Module, (args, target) => {
      const rewritten = this.#rewrite(args[0]);
      this.#quota.check(rewritten.moduleBytes);
      const module = construct(Module, [rewritten.view, args[1]], target) as WebAssembly.Module;
      return this.#know(module, rewritten);
    });
    wrap('Instance', Instance, (args, target) => {
      const module = args[0] as WebAssembly.Module;
      const instance = construct(
        Instance,
        [module, this.#complete(module, args[1])],
        target,
      ) as WebAssembly.Instance;
      return this.#holdInstance(instance, module);
    });
    watchMemories(Memory.prototype);
    wrap('Memory', Memory, ([type], target) => this.#makeMemory(readMemoryType(type), target));
    wrap('Table', Table, ([type, ...rest], target) => this.#makeTable(type, rest, target));
    this.#replaceImports();
    this.#replaceFunctions();
  }

  /** Job code does not see the imports that stand for its own memories. */
  #replaceImports(): void {
    const visible = (module: WebAssembly.Module): unknown[] => {
      const all = this.#importsOf(module);
      const found: unknown[] = [];
      for (let i = 0; i < all.length; i++) if (all[i]!.module !== MEMORY_MODULE) found[found.length] = all[i];
      return found;
    };
    const value = { imports: visible }.imports;
    defineProperty(this.#wasm.Module, 'imports', { value, configurable: true, writable: true });
  }

  #replaceFunctions(): void {
    const { compile, validate } = this.#native;
    const wasm = this.#wasm;
    const compiled = async (source: unknown, options: unknown): Promise<WebAssembly.Module> => {
      const rewritten = this.#rewrite(source);
      const done = this.#quota.reserve(rewritten.moduleBytes);
      try {
        const module = (await apply(compile, wasm, [rewritten.view, options])) as WebAssembly.Module;
        return this.#know(module, rewritten);
      } finally {
        done();
      }
    };
    const instantiated = async (source: unknown, imports: unknown, options: unknown): Promise<unknown> => {
      if (isModule(this.#importsOf, source)) return this.#instantiateModule(source, imports);
      const module = await compiled(source, options);
      return { module, instance: await this.#instantiateModule(module, imports) };
    };
    const bytesOf = async (response: unknown): Promise<unknown> =>
      ((await response) as Response).arrayBuffer();
    const functions = {
      compile: compiled,
      instantiate: instantiated,
      validate: (source: unknown, options: unknown): unknown => {
        try {
          return apply(validate, wasm, [this.#rewrite(source).view, options]);
        } catch (error) {
          if (error instanceof this.#native.CompileError) return false;
          throw error;
        }
      },
      compileStreaming: async (response: unknown, options: unknown) =>
        compiled(await bytesOf(response), options),
      instantiateStreaming: async (response: unknown, imports: unknown, options: unknown) =>
        instantiated(await bytesOf(response), imports, options),
    };
    for (const name of [
      'compile',
      'instantiate',
      'validate',
      'compileStreaming',
      'instantiateStreaming',
    ] as const) {
      if (getOwnPropertyDescriptor(wasm, name) === undefined) continue;
      defineProperty(wasm, name, {
        value: functions[name],
        configurable: true,
        writable: true,
        enumerable: true,
      });
    }
    // Type reflection would tell of limits that are not the module's own, and has constructors of its own.
    for (const name of ['Function', 'MemoryMapDescriptor']) deleteProperty(wasm, name);
  }

  async #instantiateModule(module: WebAssembly.Module, imports: unknown): Promise<WebAssembly.Instance> {
    const all = this.#complete(module, imports);
    const { instantiate } = this.#native;
    const instance = (await apply(instantiate, this.#wasm, [module, all])) as WebAssembly.Instance;
    return this.#holdInstance(instance, module);
  }

  #know(module: WebAssembly.Module, { moduleBytes, instanceBytes }: Rewritten): WebAssembly.Module {
    this.#quota.hold(module, moduleBytes);
    this.#instanceBytes.set(module, instanceBytes);
    return module;
  }

  /** A module that came as a copy is not known: it is reckoned with the most tables that one may have. */
  #costOf(module: WebAssembly.Module): number {
    return this.#instanceBytes.get(module) ?? UNKNOWN_INSTANCE_BYTES;
  }

  #holdInstance(instance: WebAssembly.Instance, module: WebAssembly.Module): WebAssembly.Instance {
    const bytes = this.#costOf(module);
    if (bytes > 0) this.#quota.hold(instance, bytes);
    return instance;
  }

  /** A module's bytes, copied and rewritten. Throws a CompileError. */
  #rewrite(source: unknown): Rewritten {
    try {
      const { bytes, length, tableElements, instanceBytes } = rewriteModule(
        copyBytes(source),
        TABLE_ELEMENTS_MAX,
      );
      // A view of what was written: the buffer behind it may be longer.
      const view = new Bytes(apply(typed.buffer, bytes, []) as ArrayBuffer, 0, length);
      return {
        view,
        moduleBytes: length * MODULE_FACTOR,
        instanceBytes: tableElements * TABLE_ELEMENT_BYTES + instanceBytes * INSTANCE_FACTOR,
      };
    } catch (error) {
      if (!(error instanceof ModuleRefused)) throw error;
      throw new this.#native.CompileError(`WebAssembly: the module is refused: ${error.message}`);
    }
  }

  /** The imports that job code gave, and the memories that the module was to define. */
  #complete(module: WebAssembly.Module, imports: unknown): unknown {
    this.#quota.check(this.#costOf(module));
    const wanted = this.#importsOf(module);
    let memories: Imports | undefined;
    for (let i = 0; i < wanted.length; i++) {
      const { module: from, name } = wanted[i]!;
      if (from !== MEMORY_MODULE) continue;
      const type = parseMemoryImport(name);
      if (type === undefined) continue;
      memories ??= create(null) as Imports;
      memories[name] = this.#makeMemory(type, this.#native.Memory as unknown as AnyConstructor);
    }
    if (memories === undefined) return imports;
    const all = create(null) as Imports;
    for (let i = 0; i < wanted.length; i++) {
      const { module: from } = wanted[i]!;
      if (from !== MEMORY_MODULE && !(from in all)) all[from] = (imports as Imports | undefined)?.[from];
    }
    all[MEMORY_MODULE] = memories;
    return all;
  }

  #makeMemory(type: MemoryType, target: AnyConstructor): object {
    const least = type.min * WASM_PAGE_BYTES;
    const wished = type.max === undefined ? this.#quota.limit : type.max * WASM_PAGE_BYTES;
    this.#quota.check(least);
    const { left, limit, used } = this.#quota;
    const share = left * (used < limit * SHARE ? FIRST_SHARE : SHARE);
    const bytes = larger(least, smaller(wished, floor(share / WASM_PAGE_BYTES) * WASM_PAGE_BYTES));
    const size = (pages: number): unknown => (type.index64 ? BIG(pages) : pages);
    const descriptor: Record<string, unknown> = {
      initial: size(type.min),
      maximum: size(bytes / WASM_PAGE_BYTES),
    };
    if (type.shared) descriptor['shared'] = true;
    if (type.index64) descriptor['address'] = 'i64';
    const memory = construct(this.#native.Memory, [descriptor], target) as object;
    if (type.shared) knowShared(apply(this.#bufferOf, memory, []) as object);
    rememberMemory(memory);
    const piece = this.#quota.hold(memory, bytes);
    releases.set(memory, () => this.#quota.release(piece));
    return memory;
  }

  #makeTable(type: unknown, rest: unknown[], target: AnyConstructor): object {
    const { element, initial, minimum, maximum, address } = type as Record<string, unknown>;
    const least = NUMBER(initial ?? minimum);
    const most = maximum === undefined ? TABLE_ELEMENTS_MAX : smaller(NUMBER(maximum), TABLE_ELEMENTS_MAX);
    if (least > TABLE_ELEMENTS_MAX)
      throw new RangeError(`A table of ${least} elements is over this sandbox's ${TABLE_ELEMENTS_MAX}`);
    if (maximum !== undefined && NUMBER(maximum) < least)
      throw new RangeError('The maximum is below the minimum');
    this.#quota.check(most * TABLE_ELEMENT_BYTES);
    const size = (count: number): unknown => (address === 'i64' ? BIG(count) : count);
    const descriptor: Record<string, unknown> = { element, initial: size(least), maximum: size(most) };
    if (address !== undefined) descriptor['address'] = address;
    const table = construct(this.#native.Table, [descriptor, ...rest], target) as object;
    this.#quota.hold(table, most * TABLE_ELEMENT_BYTES);
    return table;
  }
}

function isModule(
  importsOf: (module: WebAssembly.Module) => unknown,
  value: unknown,
): value is WebAssembly.Module {
  if (typeof value !== 'object' || value === null || isView(value)) return false;
  try {
    importsOf(value);
    return true;
  } catch {
    return false;
  }
}

/** Throws a TypeError. */
function readMemoryType(type: unknown): MemoryType {
  if (typeof type !== 'object' || type === null) throw new TypeError('A memory needs a description');
  const { initial, minimum, maximum, shared, address, index } = type as Record<string, unknown>;
  const min = NUMBER(initial ?? minimum);
  const max = maximum === undefined ? undefined : NUMBER(maximum);
  if (!(min >= 0) || (max !== undefined && !(max >= min)))
    throw new RangeError('The size of the memory is out of range');
  return {
    min: floor(min),
    max: max === undefined ? undefined : floor(max),
    shared: shared === true,
    index64: (address ?? index) === 'i64',
  };
}

/** A copy that nobody else holds, of an ArrayBuffer or of what is seen of it. Throws a TypeError. */
function copyBytes(source: unknown): ModuleBytes {
  let seen: Uint8Array<ArrayBuffer>;
  if (isView(source)) {
    const kind = apply(getterOf(typedPrototype, Symbol.toStringTag), source, []);
    const read = kind === undefined ? dataView : typed;
    const buffer = apply(read.buffer, source, []) as ArrayBuffer;
    seen = new Bytes(
      buffer,
      apply(read.offset, source, []) as number,
      apply(read.length, source, []) as number,
    );
  } else {
    if (typeof source !== 'object' || source === null) throw new TypeError('A module is made of bytes');
    seen = new Bytes(source as ArrayBuffer);
  }
  const length = apply(typed.length, seen, []) as number;
  const bytes = new Bytes(length);
  apply(setBytes, bytes, [seen]);
  return { bytes, length };
}
