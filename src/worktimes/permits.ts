/**
 * The globals that job code may see, as data. What is not listed here is taken away before job code runs; the
 * globals of the worktimes (`progress`, `work`, `jobfs`, `console`) are put in after that.
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
 * What computes, waits, encodes or draws, and reaches nobody. Left out is what makes memory that cannot be counted
 * (streams that compress, WebGL, readers of files).
 */
const PLATFORM = [
  'AbortController', 'AbortSignal', 'Blob', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy',
  'CustomEvent', 'DOMException', 'DOMMatrix', 'DOMMatrixReadOnly', 'DOMPoint', 'DOMPointReadOnly', 'DOMQuad',
  'DOMRect', 'DOMRectReadOnly', 'Event', 'EventTarget', 'File',
  'ImageBitmap', 'ImageData', 'MessageChannel', 'MessageEvent', 'MessagePort',
  'OffscreenCanvas', 'OffscreenCanvasRenderingContext2D', 'Path2D', 'CanvasGradient', 'CanvasPattern',
  'TextMetrics', 'Performance', 'ReadableStream', 'ReadableStreamDefaultController', 'ReadableStreamDefaultReader', 'TextDecoder',
  'TextDecoderStream', 'TextEncoder', 'TransformStream', 'TransformStreamDefaultController',
  'URL', 'URLSearchParams', 'WritableStream',
  'WritableStreamDefaultController', 'WritableStreamDefaultWriter', 'atob', 'btoa', 'clearInterval', 'clearTimeout',
  'createImageBitmap', 'crypto', 'Crypto', 'CryptoKey', 'SubtleCrypto', 'performance', 'queueMicrotask', 'self',
  'setInterval', 'setTimeout', 'structuredClone',
]; // prettier-ignore

/** Every name of the global object, its own or inherited, that stays. */
export const PERMITTED_GLOBALS: ReadonlySet<string> = new Set([...ECMASCRIPT, ...PLATFORM]);

/**
 * Properties of permitted globals, or of their prototypes, that go all the same: an address of a blob is of use for
 * Workers only, and a blob's stream makes buffers that cannot be counted.
 */
export const FORBIDDEN_PROPERTIES: readonly (readonly [holder: string, key: string])[] = [
  ['URL', 'createObjectURL'],
  ['URL', 'revokeObjectURL'],
  ['Blob.prototype', 'stream'],
];

/** Newer members bring memory that nobody counts: of these, what is not listed goes from the prototype. */
export const PERMITTED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Performance: ['now', 'timeOrigin', 'toJSON'],
  EventTarget: ['addEventListener', 'dispatchEvent', 'removeEventListener'],
  Crypto: ['getRandomValues', 'randomUUID', 'subtle'],
  Blob: ['arrayBuffer', 'bytes', 'size', 'slice', 'text', 'type'],
  File: ['lastModified', 'name'],
  ImageBitmap: ['close', 'height', 'width'],
  ImageData: ['colorSpace', 'data', 'height', 'width'],
  OffscreenCanvas: ['convertToBlob', 'getContext', 'height', 'transferToImageBitmap', 'width'],
  CanvasGradient: ['addColorStop'],
  CanvasPattern: ['setTransform'],
  Path2D: [
    'addPath', 'arc', 'arcTo', 'bezierCurveTo', 'closePath', 'ellipse', 'lineTo', 'moveTo', 'quadraticCurveTo', 'rect',
    'roundRect',
  ],
  OffscreenCanvasRenderingContext2D: [
    'arc', 'arcTo', 'beginPath', 'bezierCurveTo', 'canvas', 'clearRect', 'clip', 'closePath', 'createConicGradient',
    'createImageData', 'createLinearGradient', 'createPattern', 'createRadialGradient', 'direction', 'drawImage',
    'ellipse', 'fill', 'fillRect', 'fillStyle', 'fillText', 'filter', 'font', 'fontKerning', 'fontStretch',
    'fontVariantCaps', 'getContextAttributes', 'getImageData', 'getLineDash', 'getTransform', 'globalAlpha',
    'globalCompositeOperation', 'imageSmoothingEnabled', 'imageSmoothingQuality', 'isContextLost', 'isPointInPath',
    'isPointInStroke', 'letterSpacing', 'lineCap', 'lineDashOffset', 'lineJoin', 'lineTo', 'lineWidth', 'measureText',
    'miterLimit', 'moveTo', 'putImageData', 'quadraticCurveTo', 'rect', 'reset', 'resetTransform', 'restore', 'rotate',
    'roundRect', 'save', 'scale', 'setLineDash', 'setTransform', 'shadowBlur', 'shadowColor', 'shadowOffsetX',
    'shadowOffsetY', 'stroke', 'strokeRect', 'strokeStyle', 'strokeText', 'textAlign', 'textBaseline', 'textRendering',
    'transform', 'translate', 'wordSpacing',
  ],
}; // prettier-ignore

/** All that stays of `crypto.subtle`: its other methods make buffers that cannot be counted. */
export const PERMITTED_SUBTLE: ReadonlySet<PropertyKey> = new Set<PropertyKey>([
  'constructor',
  'digest',
  Symbol.toStringTag,
]);

/** Numbers of Chromium's old file system that cannot be taken away, and mean nothing without it. */
export const UNREMOVABLE_GLOBALS: readonly string[] = ['TEMPORARY', 'PERSISTENT'];

/** What stays of `navigator`, as values: enough to size one's work, too little to know a machine again. */
export const PERMITTED_NAVIGATOR: readonly string[] = [
  'hardwareConcurrency',
  'language',
  'platform',
  'userAgent',
];

/** Names that the chain of the global object has from `Object.prototype`. */
export const PERMITTED_INHERITED: ReadonlySet<string> = new Set([
  'constructor', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString', 'toString', 'valueOf',
  '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', '__proto__',
]); // prettier-ignore
