/**
 * The globals that job code may see, as data. What is not listed here is removed before job code runs; the globals of
 * the worktimes (`progress`, `work`, `jobfs`, `console`) are defined after that.
 * @module
 */

/** The language itself. */
const ECMASCRIPT = [
  'AggregateError', 'Array', 'ArrayBuffer', 'AsyncDisposableStack', 'Atomics', 'BigInt', 'BigInt64Array',
  'BigUint64Array', 'Boolean', 'DataView', 'Date', 'DisposableStack', 'Error', 'EvalError', 'FinalizationRegistry',
  'Float16Array', 'Float32Array', 'Float64Array', 'Function', 'Infinity', 'Int16Array', 'Int32Array', 'Int8Array',
  'Intl', 'Iterator', 'JSON', 'Map', 'Math', 'NaN', 'Number', 'Object', 'Promise', 'Proxy', 'RangeError',
  'ReferenceError', 'Reflect', 'RegExp', 'Set', 'SharedArrayBuffer', 'String', 'SuppressedError', 'Symbol',
  'SyntaxError', 'Temporal', 'TypeError', 'URIError', 'Uint16Array', 'Uint32Array', 'Uint8Array',
  'Uint8ClampedArray', 'WeakMap', 'WeakRef', 'WeakSet', 'WebAssembly', 'decodeURI', 'decodeURIComponent',
  'encodeURI', 'encodeURIComponent', 'escape', 'eval', 'globalThis', 'isFinite', 'isNaN', 'parseFloat', 'parseInt',
  'undefined', 'unescape',
]; // prettier-ignore

/**
 * Globals of the platform that compute, wait or encode, without access to anything outside. Not listed: what allocates
 * memory outside of the sandbox's process, where it is not bounded (canvases, images, WebGL), and readers of files.
 */
const PLATFORM = [
  'AbortController', 'AbortSignal', 'Blob', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy',
  'CustomEvent', 'DOMException', 'DOMMatrix', 'DOMMatrixReadOnly', 'DOMPoint', 'DOMPointReadOnly', 'DOMQuad',
  'DOMRect', 'DOMRectReadOnly', 'Event', 'EventTarget', 'File',
  'MessageChannel', 'MessageEvent', 'MessagePort',
  'Performance', 'ReadableStream', 'ReadableStreamDefaultController', 'ReadableStreamDefaultReader', 'TextDecoder',
  'TextDecoderStream', 'TextEncoder', 'TransformStream', 'TransformStreamDefaultController',
  'URL', 'URLSearchParams', 'WritableStream',
  'WritableStreamDefaultController', 'WritableStreamDefaultWriter', 'atob', 'btoa', 'clearInterval', 'clearTimeout',
  'crypto', 'Crypto', 'SubtleCrypto', 'performance', 'queueMicrotask', 'self',
  'setInterval', 'setTimeout', 'structuredClone',
]; // prettier-ignore

/** Every name of the global object, own or inherited, that is kept. */
export const PERMITTED_GLOBALS: ReadonlySet<string> = new Set([...ECMASCRIPT, ...PLATFORM]);

/**
 * Properties of permitted globals, or of their prototypes, that are removed all the same: the URL of a blob serves to
 * start Workers only.
 */
export const FORBIDDEN_PROPERTIES: readonly (readonly [holder: string, key: string])[] = [
  ['URL', 'createObjectURL'],
  ['URL', 'revokeObjectURL'],
];

/**
 * Platforms add members that reach further than a job may: of these classes, unlisted members of the prototype and all
 * static members are removed. The other methods of `crypto.subtle` allocate buffers that cannot be counted.
 */
export const PERMITTED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Performance: ['now', 'timeOrigin', 'toJSON'],
  EventTarget: ['addEventListener', 'dispatchEvent', 'removeEventListener'],
  Crypto: ['getRandomValues', 'randomUUID', 'subtle'],
  SubtleCrypto: ['digest'],
  Blob: ['arrayBuffer', 'bytes', 'size', 'slice', 'stream', 'text', 'type'],
  File: ['lastModified', 'name'],
}; // prettier-ignore

/** Constants of Chromium's old file system API that cannot be removed; without the API they are harmless. */
export const UNREMOVABLE_GLOBALS: readonly string[] = ['TEMPORARY', 'PERSISTENT'];

/** Values copied from `navigator`: enough to size a computation, too little to fingerprint a machine. */
export const PERMITTED_NAVIGATOR: readonly string[] = [
  'hardwareConcurrency',
  'language',
  'platform',
  'userAgent',
];

/** Names that the global object's prototype chain has from `Object.prototype`. */
export const PERMITTED_INHERITED: ReadonlySet<string> = new Set([
  'constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString', 'valueOf',
  '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', '__proto__',
]); // prettier-ignore
