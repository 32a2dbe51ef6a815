/**
 * The pages in the tarball lead only to what is in the tarball too.
 * @module
 */
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { expect, inject, it } from 'vitest';

const { packageFolder, files } = inject('installed');
const LINK = /!?\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)|<img[^>]*\ssrc="([^"]+)"/g;

it('every link in a packed page has its target in the tarball', () => {
  const pages = files.filter((path) => path.endsWith('.md'));
  expect(pages).toContain('README.md');
  const dead = pages.flatMap((page) => {
    const text = readFileSync(join(packageFolder, page), 'utf8');
    return [...text.matchAll(LINK)]
      .map(([, link, image]) => (link ?? image)!)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => posix.normalize(posix.join(dirname(page), decodeURIComponent(link))).replace(/\/$/, ''))
      .filter((target) => !files.some((path) => path === target || path.startsWith(`${target}/`)))
      .map((target) => `${page}: ${target}`);
  });
  expect(dead).toEqual([]);
});
