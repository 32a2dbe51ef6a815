/**
 * Ways to the harness that shares the realm with job code: its port above all. Each has three slices (`t.turn`), in
 * batches of their own, so that what the first one lays can be found by a later one.
 * @module
 */
import { channels } from './channel.js';

const IS_PORT = `const { apply } = Reflect, toText = Object.prototype.toString;
  const isPort = (x) => { try { return apply(toText, x, []) === '[object MessagePort]'; } catch { return false; } };`;
const FOUND = 'return globalThis.caught === true;';

/** Lays a trap in place of a getter or a method: whatever comes by with a port is caught. */
const trap = (holder: string, key: string): string => `${IS_PORT}
  if (t.turn === 1) {
    const holder = ${holder};
    const before = Object.getOwnPropertyDescriptor(holder, '${key}');
    const look = (self, args) => {
      const seen = [self, ...args, self?.target, self?.currentTarget, ...(self?.ports ?? [])];
      for (const one of seen) if (isPort(one) && one !== globalThis.mine) globalThis.caught = true;
    };
    const changed = before.get
      ? { ...before, get() { const r = apply(before.get, this, []); look(this, [r]); return r; } }
      : { ...before, value(...args) { look(this, args); return apply(before.value, this, args); } };
    Object.defineProperty(holder, '${key}', changed);
  }
  ${FOUND}`;

export const REALM = channels('map-basic', 'careless', [
  ['port-by-event-data', 'itself', `${IS_PORT}
    if (t.turn === 1) {
      const current = Object.getOwnPropertyDescriptor(Event.prototype, 'currentTarget').get;
      const before = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data').get;
      Object.defineProperty(MessageEvent.prototype, 'data', {
        configurable: true,
        get() { if (isPort(apply(current, this, []))) globalThis.caught = true; return apply(before, this, []); },
      });
    }
    ${FOUND}`],
  ['port-by-post-message', 'itself', trap('MessagePort.prototype', 'postMessage')],
  ['port-by-call', 'itself', trap('Function.prototype', 'call')],
  ['port-by-apply', 'itself', trap('Function.prototype', 'apply')],
  ['port-by-reflect', 'itself', trap('Reflect', 'apply')],
  ['port-by-push', 'itself', trap('Array.prototype', 'push')],
  ['port-by-bind', 'itself', trap('Function.prototype', 'bind')],
  ['port-by-listener', 'itself', `
    if (t.turn === 1) EventTarget.prototype.addEventListener.call(globalThis, 'message', (e) => { if (e.data?.type) globalThis.caught = true; });
    ${FOUND}`],
  ['port-by-setter', 'itself', `
    if (t.turn === 1) Object.defineProperty(Object.prototype, 'onmessage', { configurable: true, set(v) { globalThis.caught = typeof v === 'function'; } });
    ${FOUND}`],
  ['stack-functions', 'itself', `
    if (t.turn === 1) {
      globalThis.caught = false;
      Error.prepareStackTrace = (e, sites) => { for (const s of sites) { const f = s.getFunction?.(); if (typeof f === 'function' && !/^(async|[(])/.test(String(f))) globalThis.caught = true; } return ''; };
      void new Error('x').stack;
      [1].sort.call([2, 1], () => { void new Error('y').stack; return 0; });
      delete Error.prepareStackTrace;
    }
    ${FOUND}`],
  ['native-memory', 'itself', `
    const M = Object.getPrototypeOf(new WebAssembly.Memory({ initial: 1, maximum: 1 })).constructor;
    return new M({ initial: 40000, maximum: 40000 }).buffer.byteLength > 2 ** 31;`],
], true); // prettier-ignore
