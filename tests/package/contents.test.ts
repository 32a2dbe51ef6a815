/**
 * What is in the tarball: all that the manifest promises, nothing else, and not too much of it.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';

const { packageFolder, files, packedBytes, unpackedBytes } = inject('installed');

const KIB = 1024;
/** Maximum sizes of the tarball and of its unpacked files. */
const PACKED_BYTES_MAX = 1_250 * KIB;
const UNPACKED_BYTES_MAX = 3_900 * KIB;

type Target = string | null | { [condition: string]: Target };

/** Every file that `exports` names. */
function targets(target: Target): string[] {
  if (target === null) return [];
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targets);
}

describe('the tarball', () => {
  const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    exports: Record<string, Target>;
    bin: Record<string, string>;
  };

  it('has the file of every export and command', () => {
    const promised = [...targets(manifest.exports), ...Object.values(manifest.bin)];
    expect(promised.filter((path) => !existsSync(join(packageFolder, path)))).toEqual([]);
  });

  it('has the files that the scheduler serves and the scripts of sandboxes', () => {
    const wanted = ['dist/web/index.html', 'dist/web/sandbox/frame.html', 'dist/web/assets/manifest.json'];
    const sandboxes = ['dist/sandbox/browser-sandbox.js', 'dist/worktimes/sandbox/thread-sandbox.js'];
    expect([...wanted, ...sandboxes].filter((path) => !files.includes(path))).toEqual([]);
  });

  it('has its licence, readme and changelog', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
  });

  it('has no sources, tests or build files', () => {
    const odd = files.filter((path) =>
      /^(src|tests|scripts|bench|node_modules)\/|\.test\.|\.test-d\.|\.spec\.|^dist\/testing\/|tsbuildinfo|(^|\/)\.[^/]+$/.test(
        path,
      ),
    );
    expect(odd).toEqual([]);
  });

  it('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: packageFolder, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg as Record<string, unknown>))).toEqual([]);
  });

  it(`is at most ${PACKED_BYTES_MAX / KIB} KiB packed and ${UNPACKED_BYTES_MAX / KIB} KiB unpacked`, () => {
    expect(packedBytes).toBeLessThan(PACKED_BYTES_MAX);
    expect(unpackedBytes).toBeLessThan(UNPACKED_BYTES_MAX);
  });
});
