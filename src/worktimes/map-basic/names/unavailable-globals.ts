/**
 * Globals of pages and programs that some or all sandboxes do not have: advice about them differs from that about the
 * variables of a user.
 * @module
 */

export const UNAVAILABLE_GLOBALS: ReadonlySet<string> = new Set([
  'BroadcastChannel', 'Buffer', 'Bun', 'CompressionStream', 'DOMParser', 'DecompressionStream', 'Deno', 'EventSource',
  'FileReader', 'FormData', 'HTMLElement', 'Headers', 'ImageBitmap', 'ImageData', 'MutationObserver', 'OffscreenCanvas',
  'RTCPeerConnection', 'Request', 'Response', 'SharedArrayBuffer', 'SharedWorker', 'TextEncoderStream', 'URLPattern',
  'WebSocket', 'WebTransport', 'Worker', 'XMLHttpRequest', '__dirname', '__filename', 'alert', 'caches',
  'cancelAnimationFrame', 'clearImmediate', 'createImageBitmap', 'define', 'document', 'exports', 'fetch', 'global',
  'importScripts', 'indexedDB', 'localStorage', 'module', 'postMessage', 'process', 'requestAnimationFrame',
  'requestIdleCallback', 'require', 'sessionStorage', 'setImmediate', 'window',
]); // prettier-ignore
