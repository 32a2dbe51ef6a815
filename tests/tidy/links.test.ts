/**
 * Every relative link of a Markdown file leads to a file of the repository, and its fragment to a heading of it.
 * @module
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { textFiles } from './tree.js';

const LINK = /!?\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)|<img[^>]*\ssrc="([^"]+)"|<a[^>]*\shref="([^"]+)"/g;

/** The ids that GitHub gives to the headings of a page. */
function fragments(markdown: string): Set<string> {
  const headings = withoutCode(markdown).match(/^#{1,6} .*$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .replace(/[`*_]|\[|\]\([^)]*\)/g, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

const withoutCode = (markdown: string): string =>
  markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

describe('Markdown', () => {
  const pages = textFiles.filter((file) => file.path.endsWith('.md'));

  it('has no broken link', () => {
    const broken: string[] = [];
    for (const page of pages) {
      for (const [, inline, image, anchor] of withoutCode(page.text).matchAll(LINK)) {
        const target = inline ?? image ?? anchor ?? '';
        if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
        const [path = '', fragment] = target.split('#');
        const file = path === '' ? page.path : normalize(join(dirname(page.path), path));
        const fine =
          existsSync(file) &&
          (fragment === undefined ||
            statSync(file).isDirectory() ||
            fragments(readFileSync(file, 'utf8')).has(fragment));
        if (!fine) broken.push(`${page.path}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('has the pages that newcomers expect', () => {
    const wanted = [
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'docs/README.md',
    ];
    expect(wanted.filter((path) => !pages.some((page) => page.path === path))).toEqual([]);
  });

  it('lists every page of docs/ in its index', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    const docs = pages
      .map((page) => page.path)
      .filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md');
    expect(docs.filter((path) => !index.includes(`(${path.slice('docs/'.length)})`))).toEqual([]);
  });
});
