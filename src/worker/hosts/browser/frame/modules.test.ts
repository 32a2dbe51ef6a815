/**
 * Modules that a frame compiles for its Workers.
 * @module
 */
import { expect, it } from 'vitest';
import { SANDBOX_WASM_MEMORY_BYTES_MAX } from '../../../../protocol/limits.js';
import type { ModuleMessage } from '../../../../protocol/messages/sandbox-messages.js';
import { FrameModules } from './modules.js';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A memory of its own, of one page without a maximum, exported as `m`. */
const MEMORY_SECTIONS = [5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0];

const blobOf = (...bytes: number[]): Blob => new Blob([new Uint8Array(bytes)]);
const EMPTY = blobOf(...HEADER);
const BROKEN = blobOf(...HEADER, 0xff, 0xff);
/** Well-formed sections that no engine compiles: a function section without its code. */
const SENSELESS = blobOf(...HEADER, 3, 2, 1, 7);

/** What a sandbox's port is handed. */
async function given(modules: FrameModules, key: string, source: Blob): Promise<ModuleMessage> {
  const { port1, port2 } = new MessageChannel();
  const came = new Promise<ModuleMessage>((resolve) => {
    port2.onmessage = ({ data }: MessageEvent<ModuleMessage>) => resolve(data);
  });
  await modules.send(key, source, port1);
  const message = await came;
  port1.close();
  return message;
}

it('the sandbox frame compiles each module once, and hands it to every sandbox', async () => {
  const modules = new FrameModules();
  const compiled = modules.compile('a', EMPTY);
  expect(modules.compile('a', EMPTY)).toBe(compiled);
  expect(await compiled).toBeInstanceOf(WebAssembly.Module);
  for (let sandbox = 0; sandbox < 2; sandbox++) {
    const message = await given(modules, 'a', EMPTY);
    expect(message).toMatchObject({ key: 'a' });
    expect('module' in message && message.module instanceof WebAssembly.Module).toBe(true);
  }
  expect(modules.compile('b', EMPTY)).not.toBe(compiled);
});

it('the sandbox frame rewrites a module by the rules of the sandbox before it compiles it', async () => {
  const module = await new FrameModules().compile('a', blobOf(...HEADER, ...MEMORY_SECTIONS));
  const { m } = new WebAssembly.Instance(module).exports as { m: WebAssembly.Memory };
  const pagesMax = SANDBOX_WASM_MEMORY_BYTES_MAX / 65_536;
  expect(() => m.grow(pagesMax)).toThrow(RangeError);
  expect(m.grow(pagesMax - 1)).toBe(1);
});

it.each([
  ['cannot be read', BROKEN],
  ['no engine compiles', SENSELESS],
])('the sandbox frame reports a module that %s to its sandbox, and does not keep it', async (_what, bad) => {
  const modules = new FrameModules();
  // In advance, as for a frame that is ready: the rejection must not be unhandled.
  void modules.compile('a', bad);
  const [one, two] = await Promise.all([given(modules, 'a', bad), given(modules, 'other', EMPTY)]);
  expect(one).toEqual({ key: 'a', problem: expect.stringMatching(/\S/) as string });
  expect(two).toMatchObject({ key: 'other' });
  expect('module' in two).toBe(true);
  // The next request compiles again: the machine may have been out of memory.
  expect('module' in (await given(modules, 'a', EMPTY))).toBe(true);
});
