/**
 * What job code may try so that Deno takes an object of its own for a port, as data.
 * @module
 */

/** Source text: an object that Deno would treat as a port, and `seen`: the symbols that Deno read from it. */
export const FAKE_PORT = `
  const seen = [];
  const brand = Object.getOwnPropertySymbols(new MessageChannel().port1).find((key) => key.description.includes('hostObject'));
  const get = (_, key) => {
    if (typeof key === 'symbol') seen[seen.length] = key;
    return key === brand ? 'MessagePort' : key?.description === 'id' ? 9999 : undefined;
  };
  const fake = Object.create(new Proxy(Object.create(null), { get }));
  const tryAll = (...list) => {
    const { port1 } = new MessageChannel();
    try { structuredClone(fake, { transfer: list }); } catch {}
    try { structuredClone({ fake }, { transfer: list }); } catch {}
    try { structuredClone(fake); } catch {}
    try { structuredClone({ fake }); } catch {}
    try { port1.postMessage(fake, list); } catch {}
    try { port1.postMessage({ fake }); } catch {}
  };
  const { iterator } = Symbol;
  const listed = Array.prototype[iterator];
  const { next } = Object.getPrototypeOf([][iterator]());
  const { apply, defineProperty } = Reflect;
  const found = () => { let n = 0; for (let i = 0; i < seen.length; i++) if (seen[i].description === 'id') n++; return n; };`;

/** Source texts of statements after `FAKE_PORT`, by the built-in that they replace. */
export const PORT_ATTACKS: readonly [replaced: string, attack: string][] = [
  [
    'Array.prototype.push',
    `const { push } = Array.prototype;
     Array.prototype.push = function (item) {
       if (item !== fake) return apply(push, this, arguments);
       let reads = 0;
       defineProperty(this, 0, { configurable: true, enumerable: true, get: () => (reads++ === 0 ? new ArrayBuffer(8) : fake) });
       return 1;
     };
     tryAll(fake);
     Array.prototype.push = push;`,
  ],
  [
    'index 0 of Array.prototype',
    `defineProperty(Array.prototype, 0, {
       configurable: true,
       set(value) { defineProperty(this, 0, { value: value instanceof ArrayBuffer ? fake : value, writable: true, configurable: true, enumerable: true }); },
     });
     tryAll(new ArrayBuffer(8));
     delete Array.prototype[0];`,
  ],
  [
    'the iterator of arrays',
    `Array.prototype[iterator] = function* () { yield fake; };
     tryAll(new ArrayBuffer(8));
     Array.prototype[iterator] = listed;`,
  ],
  [
    'next of array iterators',
    `const reader = Object.getPrototypeOf([][iterator]());
     let n = 0;
     reader.next = () => (n++ % 2 === 0 ? { done: false, value: fake } : { done: true });
     tryAll(new ArrayBuffer(8));
     reader.next = next;`,
  ],
  [
    'properties of Object.prototype',
    `Object.prototype[iterator] = function* () { yield fake; };
     Object.prototype.transfer = [fake];
     tryAll(new ArrayBuffer(8));
     delete Object.prototype[iterator];
     delete Object.prototype.transfer;`,
  ],
  [
    'an array entry by a getter with changing values',
    `const list = [];
     let looks = 0;
     defineProperty(list, 0, { get: () => (looks++ % 2 === 0 ? new ArrayBuffer(8) : fake) });
     for (let i = 0; i < 2; i++) {
       try { structuredClone(fake, { transfer: list }); } catch {}
       try { new MessageChannel().port1.postMessage(fake, list); } catch {}
     }`,
  ],
];
