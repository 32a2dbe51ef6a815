/**
 * Job code against the sandbox in Deno: what reaches files, the machine, the network or the process's inside, each seen to work without
 * defence first; and what tries to take its memory and its time.
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.js';
import { denoHost } from '../../src/worker/hosts/deno/deno-host.js';
import type { SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { SandboxFixture } from '../contract/worktime-fixture.js';
import { ATTACKS } from './deno-attacks.js';
import { FAKE_PORT, PORT_ATTACKS } from './deno-port-attacks.js';
import {
  denoChildren,
  denoPath,
  openTarget,
  startOrphan,
  watchPeak,
  undefended,
  type Target,
} from './deno-fixture.js';

const SCRIPTS = new URL('../../dist/sandbox/', import.meta.url);
/** Runs an attack as a slice; returns its result or its error. */
const RUN = `async ([source, aim]) => {
  try { return await (0, eval)(source)(aim); } catch (error) { return String(error); }
}`;

let target: Target;
let host: SandboxHost;

beforeAll(async () => {
  target = await openTarget();
  host = denoHost({ clock: systemClock, env: { MANYHANDS_DENO: denoPath() }, scripts: SCRIPTS });
});

afterAll(async () => {
  await host.close();
  await target.close();
});

describe('attacks outside of a sandbox', () => {
  it.concurrent.each(ATTACKS)('$name works', async (attack) => {
    expect(await undefended(attack, target.aim)).toBe(true);
  });
});

describe('a job in Deno', () => {
  it(`fails with all ${ATTACKS.length} attacks`, async () => {
    const before = (await target.seen()).length;
    const sandbox = await SandboxFixture.start(host, { source: RUN });
    const answers = await sandbox.run(ATTACKS.map(({ source }) => [source, target.aim]));
    const through = ATTACKS.filter((_, i) => typeof answers[i] !== 'string');
    expect(through.map(({ name }) => name)).toEqual([]);
    expect((await target.seen()).slice(before)).toEqual([]);
    sandbox.kill();
    await sandbox.exited();
  });
});

describe('the realm of a job in Deno', () => {
  it.each([
    ['dispatchEvent', 'EventTarget.prototype.dispatchEvent = function (e) { found.push(this, e); };'],
    ['addEventListener', 'EventTarget.prototype.addEventListener = function () { found.push(this); };'],
    [
      'the data of message events',
      `const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data');
       try { Object.defineProperty(MessageEvent.prototype, 'data', {
         get() { found.push(this); return get.call(this); },
         set(v) { found.push(this); Object.defineProperty(this, 'data', { value: v }); },
       }); } catch {}`,
    ],
    [
      'all properties of message events',
      `for (const proto of [MessageEvent.prototype, Event.prototype, Object.prototype]) {
         for (const name of ['data', 'ports', 'origin', 'lastEventId', 'source']) {
           try { Object.defineProperty(proto, name, {
             get() { if (this instanceof Event) found.push(this); },
             set(v) { if (this instanceof Event) found.push(this); Object.defineProperty(this, name, { value: v, writable: true, configurable: true, enumerable: true }); },
             configurable: true,
           }); } catch {}
         }
       }`,
    ],
    [
      'index 0 of Array.prototype',
      `const own = (v) => { if (v?.item instanceof MessagePort) found.push(v.item); if (v?.callback) found.push(v); };
       Object.defineProperty(Array.prototype, 0, {
         set(v) { own(v); Object.defineProperty(this, 0, { value: v, writable: true, configurable: true, enumerable: true }); },
         configurable: true,
       });`,
    ],
    [
      'the constructor of arrays',
      `const own = (list) => { for (const v of list) if (v?.item instanceof MessagePort || v?.callback) found.push(v.item ?? v); };
       try { Object.defineProperty(Array.prototype, 'constructor', { get() { own(this); return Array; }, configurable: true }); } catch {}`,
    ],
    [
      'internal properties of events',
      `for (const name of [...Reflect.ownKeys(new MessageEvent('message')), 'relatedTarget', 'cancelBubble', 'eventPhase', 'bubbles', 'currentTarget', 'target', 'defaultPrevented']) {
         try { Object.defineProperty(Event.prototype, name, {
           get() { if (this instanceof MessageEvent) setTimeout(() => found.push(this)); },
           set(v) { if (this instanceof MessageEvent) setTimeout(() => found.push(this)); Object.defineProperty(this, name, { value: v, writable: true, configurable: true, enumerable: true }); },
           configurable: true,
         }); } catch {}
       }
       const { push } = found;
       const attributes = Reflect.ownKeys(new MessageEvent('message')).find((key) => String(key).includes('attributes'));
       found.push = (...all) => all.forEach((one) => { if (one instanceof MessagePort || one[attributes]?.target || one[attributes]?.currentTarget) push.call(found, one); });`,
    ],
    [
      'postMessage of ports',
      'MessagePort.prototype.postMessage = function () { found.push(this, arguments); };',
    ],
    [
      'Error.prepareStackTrace',
      'Error.prepareStackTrace = (_, frames) => found.push(...frames.flatMap((f) => [f.getThis(), f.getFunction()].filter(Boolean)));',
    ],
    [
      'symbols of the global object',
      `for (const key of Object.getOwnPropertySymbols(globalThis)) {
         const all = Object.values(globalThis[key]?.listeners ?? {}).flat();
         found.push(...all.filter((one) => one?.callback?.ports !== undefined));
       }`,
    ],
  ])('does not reveal the port to the supervisor through %s', async (_what, poison) => {
    const sandbox = await SandboxFixture.start(host, {
      source: `(() => {
        const found = [];
        { ${poison} }
        const isOurs = (x) => x instanceof MessagePort || x instanceof MessageEvent || (typeof x === 'function' && !String(x).includes('found')) || x?.callback;
        return async () => {
          try { null.x; } catch (e) { void e.stack; }
          return found.filter(isOurs).length;
        };
      })()`,
    });
    expect(await sandbox.run([1, 2, 3])).toEqual([0, 0, 0]);
    expect(await sandbox.run([4])).toEqual([0]);
    sandbox.kill();
  });
});

/** Source text of an expression: whether an object is a port of Deno, by the property that holds its resource id. */
const IS_HOST_PORT = `(x) => Object.getOwnPropertySymbols(x).some((key) => key.description === 'id')`;

describe('the ports of Deno', () => {
  /** Bodies of async functions that return what they found: symbols of Deno's ports, or a port. */
  it.each([
    ['in a channel', 'const { port1 } = new MessageChannel(); return [port1].filter(isHostPort);'],
    [
      'in the prototype of ports',
      `const seen = [];
       const spy = new Proxy({}, { get: (_, key) => void seen.push(key), getOwnPropertyDescriptor: (_, key) => void seen.push(key) });
       for (const key of Reflect.ownKeys(MessagePort.prototype)) {
         try { MessagePort.prototype[key]?.call?.(spy, 1); } catch {}
       }
       return seen.filter((key) => key.description === 'id');`,
    ],
    [
      'in transferred objects',
      `const seen = [];
       const brand = Object.getOwnPropertySymbols(Blob.prototype).find((key) => key.description.includes('hostObject'));
       const lie = (key) => { seen.push(key); return key === brand ? 'MessagePort' : key.description === 'id' ? 1 : undefined; };
       for (const proto of [null, MessagePort.prototype]) {
         const fake = new Proxy(Object.create(proto), { get: (_, key) => lie(key), getPrototypeOf: () => proto });
         try { structuredClone(0, { transfer: [fake] }); } catch {}
         try { new MessageChannel().port1.postMessage(0, [fake]); } catch {}
       }
       return seen.filter((key) => key.description === 'id');`,
    ],
  ])('are not reachable %s', async (_where, body) => {
    const source = `async () => { const isHostPort = ${IS_HOST_PORT}; ${body.replaceAll(/return (.*);$/g, 'return ($1).length;')} }`;
    const sandbox = await SandboxFixture.start(host, { source });
    expect(await sandbox.one(0)).toBe(0);
    sandbox.kill();
  });

  it.each(PORT_ATTACKS)('are not revealed to job code that replaces %s', async (_what, attack) => {
    const source = `async () => { ${FAKE_PORT} try { ${attack} } finally { Array.prototype[iterator] = listed; } return found(); }`;
    const sandbox = await SandboxFixture.start(host, { source });
    expect(await sandbox.one(0)).toBe(0);
    sandbox.kill();
  });

  it('are not revealed to job code that replaces array iteration while the sandbox posts its results', async () => {
    const source = `(() => {
      ${FAKE_PORT}
      Array.prototype[iterator] = function () {
        const isOfBuffers = this.length > 0 && this[0] instanceof ArrayBuffer;
        return isOfBuffers ? [fake].values() : apply(listed, this, []);
      };
      defineProperty(Array.prototype, 0, {
        configurable: true,
        set(value) { defineProperty(this, 0, { value: value instanceof ArrayBuffer ? fake : value, writable: true, configurable: true, enumerable: true }); },
      });
      return async (n) => (n === 0 ? new Uint8Array(100_000).fill(7) : found());
    })()`;
    const sandbox = await SandboxFixture.start(host, { source });
    expect(await sandbox.one(0)).toEqual(new Uint8Array(100_000).fill(7));
    expect(await sandbox.one(1)).toBe(0);
    sandbox.kill();
  });

  it('are not involved when job code transfers buffers and ports between its own channels', async () => {
    const source = `async () => {
      const name = (make) => { try { make(); return 'no error'; } catch (error) { return error.name; } };
      const outer = new MessageChannel();
      const inner = new MessageChannel();
      const bytes = new Uint8Array([1, 2, 3]);
      outer.port1.postMessage({ bytes }, [bytes.buffer, inner.port2]);
      const event = await new Promise((done) => { outer.port2.onmessage = done; });
      const answer = new Promise((done) => { inner.port1.onmessage = (told) => done(told.data); });
      event.ports[0].postMessage('by the moved port');
      const whole = new ArrayBuffer(4);
      const moved = structuredClone(whole, { transfer: new Set([whole]) });
      const twice = new ArrayBuffer(4);
      return {
        data: [...event.data.bytes], ports: event.ports.length, answer: await answer,
        lengths: [bytes.byteLength, whole.byteLength, moved.byteLength],
        errors: [
          name(() => structuredClone(0, { transfer: [whole] })),
          name(() => structuredClone(0, { transfer: [twice, twice] })),
          name(() => structuredClone(0, { transfer: [{}] })),
          name(() => structuredClone(0, { transfer: [new WebAssembly.Memory({ initial: 1 }).buffer] })),
          name(() => outer.port1.postMessage(0, [outer.port1])),
          name(() => outer.port1.postMessage(inner.port1)),
        ],
        kept: twice.byteLength,
      };
    }`;
    const sandbox = await SandboxFixture.start(host, { source });
    expect(await sandbox.one(0)).toEqual({
      data: [1, 2, 3],
      ports: 1,
      answer: 'by the moved port',
      lengths: [0, 0, 4],
      errors: Array.from({ length: 6 }, () => 'DataCloneError'),
      kept: 4,
    });
    sandbox.kill();
  });

  it('cannot be forged: code left behind by a slice prevents neither requests to the sandbox nor its replies', async () => {
    const forge = `async () => {
      globalThis.turns = 0;
      const clock = performance.now.bind(performance);
      const spin = () => { const until = clock() + 10; while (clock() < until); globalThis.turns++; setTimeout(spin, 0); };
      setTimeout(spin, 0);
      const { port1 } = new MessageChannel();
      const id = Object.getOwnPropertySymbols(port1).find((key) => key.description === 'id');
      globalThis.kept = [];
      if (id !== undefined) for (let rid = 0; rid < 8; rid++) for (let n = 0; n < 4; n++) {
        const forged = new MessageChannel().port1;
        forged[id] = rid;
        forged.onmessage = () => undefined;
        kept.push(forged);
      }
      return typeof id;
    }`;
    const sandbox = await SandboxFixture.start(host, { source: forge });
    expect(await sandbox.one(0)).toBe('undefined');
    await sandbox.quiesce();
    sandbox.kill();
    await sandbox.exited();
  });
});

const MiB = 1024 * 1024;
/** Small limits, so that the tests use little memory. */
const CAPS = { memoryMiB: 400, heapMiB: 128 };
/** Bytes beyond its limit that a bomb may allocate before it is stopped. */
const OVERSHOOT_MIB = 256;

describe('a bomb in Deno', () => {
  const bombs: [name: string, source: string, end: RegExp][] = [
    ['of objects', '() => { const all = []; for (;;) all.push(new Array(1e4).fill({})); }', /out of memory/],
    ['of text', '() => { const all = []; for (;;) all.push(("x".repeat(1e6) + all.length).split("").join("y")); }', /out of memory/],
    ['of modules', `async () => {
      for (let i = 0; ; i++) await import('data:text/javascript,export default "' + 'z'.repeat(3e6) + i + '"');
    }`, /out of memory/],
    ['of buffers', '() => { const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1)); }', /out of memory/],
    ['of Blobs', '() => { const all = []; for (;;) all.push(new Blob([new Uint8Array(1e6).fill(1)])); }', /out of memory/],
    ['of WebAssembly memory', `() => {
      const all = [];
      for (;;) { const m = new WebAssembly.Memory({ initial: 160 }); new Uint8Array(m.buffer).fill(1); all.push(m); }
    }`, /out of memory/],
    ['of copies', '() => { const all = []; for (;;) all.push(structuredClone("x".repeat(1e6) + all.length)); }', /out of memory/],
  ]; // prettier-ignore

  it.each(bombs)('%s is stopped at its limit', async (_name, source, end) => {
    const small = denoHost({
      clock: systemClock,
      env: { MANYHANDS_DENO: denoPath() },
      scripts: SCRIPTS,
      ...CAPS,
    });
    const sandbox = await SandboxFixture.start(small, { source });
    const peak = watchPeak();
    sandbox.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }], true);
    expect(await sandbox.exited()).toMatch(end);
    expect(peak.stop() / MiB).toBeLessThan(CAPS.memoryMiB + OVERSHOOT_MIB);
    sandbox.kill();
    await small.close();
  });
});

describe('a sandbox in Deno', () => {
  it('ends when it is killed in the middle of an endless loop', async () => {
    const sandbox = await SandboxFixture.start(host, { source: '() => { for (;;); }' });
    sandbox.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }], true);
    await sandbox.until((m) => m.type === 'begin');
    sandbox.kill();
    expect(await sandbox.exited()).toBe('The sandbox process was killed.');
  });

  it('ends when its supervisor is killed, also in an endless loop', async () => {
    const orphan = await startOrphan();
    expect(await orphan.loops()).toBe(true);
    orphan.killSupervisor();
    await expect.poll(() => orphan.isAlive(), { timeout: 5_000 }).toBe(false);
  });

  it.each([0, 50, 150, 400])(
    'leaves no process and no file when its supervisor exits %i ms after the start',
    async (ms) => {
      const temporary = mkdtempSync(join(tmpdir(), 'manyhands-exit-'));
      try {
        const env = { ...process.env, MANYHANDS_DENO: denoPath(), TMPDIR: temporary };
        const script = fileURLToPath(new URL('./deno-exit.mjs', import.meta.url));
        const [code, said] = await new Promise<[number | null, string]>((resolve) => {
          const program = spawn(process.execPath, [script, String(ms)], { env });
          let text = '';
          program.stderr.on('data', (piece) => (text += String(piece)));
          program.once('close', (exitCode) => resolve([exitCode, text]));
        });
        expect([code, said]).toEqual([5, '']);
        expect(readdirSync(temporary)).toEqual([]);
      } finally {
        rmSync(temporary, { recursive: true, force: true, maxRetries: 10 });
      }
    },
  );

  it('has no environment variables, and an empty working folder of its own', async () => {
    const own = denoHost({ clock: systemClock, env: { MANYHANDS_DENO: denoPath() }, scripts: SCRIPTS });
    const sandbox = await SandboxFixture.start(own, { source: 'x => x' });
    const [pid] = denoChildren();
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(variables.map((one) => one.split('=')[0]).sort()).toEqual([
      'DENO_DIR',
      'DENO_NO_PACKAGE_JSON',
      'DENO_NO_UPDATE_CHECK',
      'NO_COLOR',
    ]);
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    expect(readdirSync(folder)).toEqual([]);
    sandbox.kill();
    await own.close();
    expect(existsSync(folder)).toBe(false);
  });
});
