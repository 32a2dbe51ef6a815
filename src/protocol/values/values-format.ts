/**
 * The constants of the value format: MessagePack extension types and tags of composite values. docs/values.md describes them
 * for other implementations; the golden vectors in tests/vectors detect any change.
 * @module
 */

/** MessagePack extension types. */
export const EXT = {
  undefined: 0x00,
  bigint: 0x01,
  date: 0x02,
  reference: 0x03,
  utf16: 0x04,
  tag: 0x05,
  arrayBuffer: 0x10,
  int8: 0x11,
  uint8Clamped: 0x12,
  int16: 0x13,
  uint16: 0x14,
  int32: 0x15,
  uint32: 0x16,
  float32: 0x17,
  float64: 0x18,
  bigInt64: 0x19,
  bigUint64: 0x1a,
  dataView: 0x1b,
  float16: 0x1c,
} as const;

/** The kind of a tagged array: the payload byte of the `EXT.tag` that is its first item. */
export const TAG = { sparse: 0, map: 1, set: 2, error: 3, regexp: 4, boxed: 5, registered: 6 } as const;

type ViewConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

/** A kind of binary view: its extension type, the bytes of one element, and its class. */
export interface ViewKind {
  readonly ext: number;
  readonly elementBytes: number;
  /** Absent where this engine does not have the class. */
  readonly make?: ViewConstructor;
}

const float16 = (globalThis as { Float16Array?: ViewConstructor }).Float16Array;

/** The views other than `Uint8Array` (which is MessagePack binary), by class name. */
export const VIEW_KINDS: ReadonlyMap<string, ViewKind> = new Map<string, ViewKind>([
  ['Int8Array', { ext: EXT.int8, elementBytes: 1, make: Int8Array }],
  ['Uint8ClampedArray', { ext: EXT.uint8Clamped, elementBytes: 1, make: Uint8ClampedArray }],
  ['Int16Array', { ext: EXT.int16, elementBytes: 2, make: Int16Array }],
  ['Uint16Array', { ext: EXT.uint16, elementBytes: 2, make: Uint16Array }],
  ['Int32Array', { ext: EXT.int32, elementBytes: 4, make: Int32Array }],
  ['Uint32Array', { ext: EXT.uint32, elementBytes: 4, make: Uint32Array }],
  ['Float16Array', { ext: EXT.float16, elementBytes: 2, make: float16 }],
  ['Float32Array', { ext: EXT.float32, elementBytes: 4, make: Float32Array }],
  ['Float64Array', { ext: EXT.float64, elementBytes: 8, make: Float64Array }],
  ['BigInt64Array', { ext: EXT.bigInt64, elementBytes: 8, make: BigInt64Array }],
  ['BigUint64Array', { ext: EXT.bigUint64, elementBytes: 8, make: BigUint64Array }],
  ['DataView', { ext: EXT.dataView, elementBytes: 1, make: DataView }],
]);

/** The same by extension type. */
export const VIEW_KINDS_BY_EXT: ReadonlyMap<number, ViewKind> = new Map(
  [...VIEW_KINDS.values()].map((kind) => [kind.ext, kind]),
);

/** Constructors of the error classes that are kept; an instance of another class becomes one of the nearest of these. */
export const ERROR_CLASSES: ReadonlyMap<string, (message: string) => Error> = new Map<
  string,
  (message: string) => Error
>([
  ['Error', (message) => new Error(message)],
  ['EvalError', (message) => new EvalError(message)],
  ['RangeError', (message) => new RangeError(message)],
  ['ReferenceError', (message) => new ReferenceError(message)],
  ['SyntaxError', (message) => new SyntaxError(message)],
  ['TypeError', (message) => new TypeError(message)],
  ['URIError', (message) => new URIError(message)],
  ['AggregateError', (message) => new AggregateError([], message)],
]);

/** The fields of an error that are encoded, in this order. */
export const ERROR_FIELDS = ['name', 'message', 'stack', 'code', 'info', 'cause', 'errors'] as const;
