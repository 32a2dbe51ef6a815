/**
 * Parses the interface of a WebAssembly module from its bytes: imports, exports and the types of functions. JavaScript
 * provides names only, and a page may not be allowed to compile.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { HEADER, ModuleReader, ModuleRefused, SECTION } from '../quota/module-format.js';

/** A value type; `other` is one that is not a number. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'other';

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: ExternalKind;
  /** The type of a function; absent where it is not a plain function type. */
  readonly type?: FunctionType;
}

export interface ModuleInterface {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
}

const KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag'];
const NUMBER_TYPES: Record<number, ValueType> = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' };
/** Forms of a type: function, struct, array; subtypes, and recursion groups. */
const FORM = { function: 0x60, struct: 0x5f, array: 0x5e, sub: 0x50, subFinal: 0x4f, group: 0x4e } as const;
/** Reference types that are followed by a heap type. */
const REFERENCE_FORMS: ReadonlySet<number> = new Set([0x63, 0x64]);

/** Whether bytes have the header of a component (WASI preview 2). */
export function isComponent(bytes: Uint8Array): boolean {
  return [0, 0x61, 0x73, 0x6d].every((byte, i) => bytes[i] === byte) && bytes[4] !== 1 && bytes[6] === 1;
}

/** For bytes that `WebAssembly.validate` accepts. @throws WORK_FUNCTION_INVALID where they have an unknown form */
export function readInterface(bytes: Uint8Array): ModuleInterface {
  try {
    return new InterfaceReader(bytes).read();
  } catch (error) {
    if (!(error instanceof ModuleRefused)) throw error;
    const text = `This version cannot read the WebAssembly module: ${error.message}.`;
    throw new ManyhandsError('WORK_FUNCTION_INVALID', text, {}, { cause: error });
  }
}

class InterfaceReader extends ModuleReader {
  readonly #types: (FunctionType | undefined)[] = [];
  /** The type index of each function, imported ones first. */
  readonly #functions: number[] = [];
  readonly #imports: ModuleImport[] = [];
  readonly #exports: ModuleExport[] = [];

  constructor(bytes: Uint8Array) {
    super(bytes, HEADER.length, bytes.length);
  }

  read(): ModuleInterface {
    while (!this.done) {
      const section = this.byte();
      const length = this.unsigned();
      const end = this.at + length;
      if (section === SECTION.type) this.#repeat(() => this.#typeGroup());
      else if (section === SECTION.import) this.#repeat(() => this.#import());
      else if (section === SECTION.function) this.#repeat(() => this.#functions.push(this.unsigned()));
      else if (section === SECTION.export) this.#repeat(() => this.#export());
      // The sections after the exports (code, data) are not needed.
      if (section === SECTION.export) break;
      this.at = end;
    }
    return { imports: this.#imports, exports: this.#exports };
  }

  #typeGroup(): void {
    if (this.bytes[this.at] !== FORM.group) return this.#type();
    this.at++;
    this.#repeat(() => this.#type());
  }

  #type(): void {
    let form = this.byte();
    if (form === FORM.sub || form === FORM.subFinal) {
      this.#repeat(() => this.unsigned());
      form = this.byte();
    }
    if (form === FORM.function) {
      this.#types.push({ params: this.#valueTypes(), results: this.#valueTypes() });
      return;
    }
    this.#types.push(undefined);
    if (form === FORM.array) return this.#field();
    if (form !== FORM.struct) throw new ModuleRefused(`it has the type form 0x${form.toString(16)}`);
    this.#repeat(() => this.#field());
  }

  #field(): void {
    this.#valueType();
    this.byte();
  }

  #valueTypes(): ValueType[] {
    const types: ValueType[] = [];
    this.#repeat(() => types.push(this.#valueType()));
    return types;
  }

  #valueType(): ValueType {
    const code = this.byte();
    if (REFERENCE_FORMS.has(code)) this.unsigned();
    return NUMBER_TYPES[code] ?? 'other';
  }

  #import(): void {
    const module = this.#name();
    const name = this.#name();
    const kind = this.#kind();
    this.#imports.push({ module, name, kind });
    if (kind === 'function') this.#functions.push(this.unsigned());
    else if (kind === 'table') {
      this.#valueType();
      this.#limits();
    } else if (kind === 'memory') this.#limits();
    else if (kind === 'global') this.#field();
    else {
      this.byte();
      this.unsigned();
    }
  }

  #export(): void {
    const name = this.#name();
    const kind = this.#kind();
    const index = this.unsigned();
    const type = kind === 'function' ? this.#types[this.#functions[index] ?? -1] : undefined;
    this.#exports.push(type === undefined ? { name, kind } : { name, kind, type });
  }

  #limits(): void {
    const flags = this.byte();
    this.unsigned();
    if ((flags & 1) !== 0) this.unsigned();
    if ((flags & 8) !== 0) this.unsigned();
  }

  #kind(): ExternalKind {
    const code = this.byte();
    const kind = KINDS[code];
    if (kind === undefined) throw new ModuleRefused(`it has an import or export of kind ${code}`);
    return kind;
  }

  #name(): string {
    const length = this.unsigned();
    this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  #repeat(read: () => unknown): void {
    for (let left = this.unsigned(); left > 0; left--) read();
  }
}
