/**
 * Preparation of worktime files for sandboxes in frames.
 * @module
 */
import { expect, it } from 'vitest';
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import type { SupervisorToSandbox, WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { BrowserFiles, worktimeFilesOf } from './browser-files.js';

const LARGE = 64 * 1024;
const WORKTIME = { name: 'pyodide', version: '1.0.0' };

const filled = (value: number, length = LARGE): Uint8Array => new Uint8Array(length).fill(value);
const warm = (assets: WorktimeFiles, worktime = WORKTIME): SupervisorToSandbox => ({
  type: 'warm',
  worktime,
  assets,
});
/** The assets of the posted message. */
function shippedAssets(files: BrowserFiles, message: SupervisorToSandbox): WorktimeFiles {
  const { message: posted } = files.ship(message);
  return worktimeFilesOf(posted);
}
/** The digest of what a blob holds. */
const digestIn = async (file: unknown): Promise<string> =>
  sha256Hex(new Uint8Array(await (file as Blob).arrayBuffer()));

it('the browser host does not change other messages and small files', () => {
  const files = new BrowserFiles();
  const quiesce: SupervisorToSandbox = { type: 'quiesce', nonce: 'n' };
  expect(files.ship(quiesce)).toEqual({ message: quiesce, modules: [] });
  const small = filled(1, LARGE - 1);
  const blob = new Blob(['x']);
  const assets = shippedAssets(files, warm({ 'small.wasm': small, 'a.blob': blob }));
  expect(assets['small.wasm']).toBe(small);
  expect(assets['a.blob']).toBe(blob);
  expect(files.modules).toEqual([]);
});

it('the browser host sends equal bytes as the same blob, in any message', async () => {
  const files = new BrowserFiles();
  const first = shippedAssets(files, warm({ 'lib.zip': filled(1) }));
  const again = shippedAssets(files, {
    type: 'make-snapshot',
    worktime: { name: 'pyodide', version: '2.0.0' },
    assets: { 'other.zip': filled(1) },
  });
  expect(again['other.zip']).toBe(first['lib.zip']);
  expect(await digestIn(first['lib.zip'])).toBe(sha256Hex(filled(1)));
});

it('the browser host distinguishes files with equal name, version and length by their bytes', async () => {
  const files = new BrowserFiles();
  shippedAssets(files, warm({ 'lib.zip': filled(1), 'a.wasm': filled(3) }));
  const { message, modules } = files.ship(warm({ 'lib.zip': filled(2), 'a.wasm': filled(4) }));
  const { assets } = message as Extract<SupervisorToSandbox, { type: 'warm' }>;
  expect(await digestIn(assets['lib.zip'])).toBe(sha256Hex(filled(2)));
  expect(await digestIn(modules[0]!.source)).toBe(sha256Hex(filled(4)));
  expect(files.modules).toHaveLength(2);
});

it('the browser host sends WebAssembly as the digest under which the frame compiles it', () => {
  const files = new BrowserFiles();
  const bytes = filled(5);
  const { message, modules } = files.ship({
    type: 'assign',
    assignment: { worktime: WORKTIME, assets: { 'a.wasm': bytes } },
  } as unknown as SupervisorToSandbox);
  const { assets } = (message as Extract<SupervisorToSandbox, { type: 'assign' }>).assignment;
  expect(assets['a.wasm']).toEqual({ moduleKey: sha256Hex(bytes) });
  expect(modules).toMatchObject([{ key: sha256Hex(bytes) }]);
  expect(files.modules).toEqual(modules);
  files.ship(warm({ 'a.wasm': bytes.slice() }));
  expect(files.modules).toHaveLength(1);
});

it('the browser host makes one blob for each snapshot', async () => {
  const files = new BrowserFiles();
  const ship = (snapshot: Uint8Array): unknown =>
    (files.ship({ ...warm({}), snapshot } as SupervisorToSandbox).message as { snapshot: unknown }).snapshot;
  const snapshot = filled(1);
  const blob = ship(snapshot);
  expect(ship(snapshot)).toBe(blob);
  expect(await digestIn(ship(filled(2)))).toBe(sha256Hex(filled(2)));
  expect(await digestIn(blob)).toBe(sha256Hex(filled(1)));
});
