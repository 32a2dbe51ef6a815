/**
 * Lists of the globals and properties that job code may see. Before job code runs, `lock-down.ts` removes every global that
 * these lists do not have; afterwards `job-globals.ts` defines the globals of this project: `progress`, `work`, `jobfs`,
 * `console`.
 * @module
 */

/** Globals that the ECMAScript specification defines. */
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
 * Globals of web platforms that compute, wait or encode, without access to anything outside of the sandbox. Not listed
 * are those that allocate memory in another process, where no limit holds (canvases, images, WebGL), and those that read
 * files.
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

/** The names that stay on the global object and on its prototypes. */
export const PERMITTED_GLOBALS: ReadonlySet<string> = new Set([...ECMASCRIPT, ...PLATFORM]);

/**
 * Properties that are removed from permitted globals. The only use of a blob's URL in a sandbox would be to start a Worker,
 * whose globals nobody would have removed.
 */
export const FORBIDDEN_PROPERTIES: readonly (readonly [holder: string, key: string])[] = [
  ['URL', 'createObjectURL'],
  ['URL', 'revokeObjectURL'],
  // Only browsers with the event "close" of ports have it.
  ['MessagePort.prototype', 'onclose'],
];

/**
 * The members that the prototypes of these classes keep. All other members of the prototypes and all static members are
 * removed, since platforms add some that give access to more than a job may use, such as `performance.memory`; methods of
 * `crypto.subtle` other than `digest` allocate buffers that the sandbox cannot count.
 */
export const PERMITTED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Performance: ['now', 'timeOrigin', 'toJSON'],
  EventTarget: ['addEventListener', 'dispatchEvent', 'removeEventListener'],
  Crypto: ['getRandomValues', 'randomUUID', 'subtle'],
  SubtleCrypto: ['digest'],
  Blob: ['arrayBuffer', 'bytes', 'size', 'slice', 'stream', 'text', 'type'],
  File: ['lastModified', 'name'],
}; // prettier-ignore

/** Constants of Chromium's former file system API. They cannot be removed, and are useless without the API, which is. */
export const UNREMOVABLE_GLOBALS: readonly string[] = ['TEMPORARY', 'PERSISTENT'];

/** Properties of `navigator` that are kept: a job may choose its settings by them; the others could identify the machine. */
export const PERMITTED_NAVIGATOR: readonly string[] = [
  'hardwareConcurrency',
  'language',
  'platform',
  'userAgent',
];

/** Names that stay on a prototype of the global object, because every object inherits them from `Object.prototype`. */
export const PERMITTED_INHERITED: ReadonlySet<string> = new Set([
  'constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString', 'valueOf',
  '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', '__proto__',
]); // prettier-ignore
