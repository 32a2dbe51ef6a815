/**
 * What a Worker could keep, or find of another's, and the words it could say to other pages of its origin.
 * @module
 */
import { channels } from './channel.js';

export const STORAGE = channels('map-basic', 'worker', [
  ['indexed-db', 'itself', 'return new Promise((yes, no) => { const r = indexedDB.open("escape"); r.onsuccess = () => yes(true); r.onerror = no; });'],
  ['caches', 'itself', 'const c = await caches.open("escape"); await c.put("http://escape.test/", new Response("x")); return true;'],
  ['storage-buckets', 'itself', 'return (await navigator.storageBuckets.open("escape")) !== undefined;'],
  ['private-files', 'itself', 'return (await navigator.storage.getDirectory()) !== undefined;'],
  ['storage-estimate', 'itself', 'return (await navigator.storage.estimate()).quota > 0;'],
  ['storage-persist', 'itself', 'return (await navigator.storage.persisted()) !== undefined;'],
  ['locks', 'itself', 'return navigator.locks.request("escape", () => true);'],
  ['locks-of-others', 'itself', 'return (await navigator.locks.query()).held !== undefined;'],
  ['broadcast', 'itself', 'const a = new BroadcastChannel("escape"), b = new BroadcastChannel("escape"); return new Promise((yes) => { b.onmessage = () => yes(true); a.postMessage(1); });'],
  ['permissions', 'itself', 'return (await navigator.permissions.query({ name: "geolocation" })).state !== undefined;'],
  ['connection', 'itself', 'return (navigator.connection ?? navigator.onLine) !== undefined;'],
  ['place', 'itself', 'return location.href.length > 0 && !location.href.startsWith("https://sandbox.invalid/");'],
  ['blob-address', 'itself', 'return URL.createObjectURL(new Blob(["x"])).startsWith("blob:");'],
  ['close', 'itself', 'return typeof close === "function" && typeof postMessage === "function";'],
  ['compressed-memory', 'itself', 'return typeof new DecompressionStream("gzip") === "object";'],
]); // prettier-ignore
