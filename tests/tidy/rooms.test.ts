/**
 * The folders of src: none imports another that imports it, directly or through others, and none holds so many files
 * that a reader has to search in it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { folderCircles, type Import } from './folder-circles.js';
import { codeFiles } from './tree.js';

const FILES_A_FOLDER_MAX = 20;

const sources = codeFiles.filter(
  ({ path }) =>
    /^src\/.*\.ts$/.test(path) && !/\.test(-d)?\.ts$/.test(path) && !path.startsWith('src/testing/'),
);

/** Every import of one source by another, also where only types are imported. */
function imports(): Import[] {
  return sources.flatMap(({ path, text }) =>
    ts
      .preProcessFile(text, true, true)
      .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => ({ from: path, to: join(dirname(path), fileName).replace(/\.js$/, '.ts') })),
  );
}

describe('the folders of src', () => {
  it('do not import each other in a circle', () => {
    expect(imports().length).toBeGreaterThan(sources.length);
    expect(folderCircles(imports())).toEqual([]);
  });

  it(`hold at most ${FILES_A_FOLDER_MAX} files each, without tests`, () => {
    const counts = new Map<string, number>();
    for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > FILES_A_FOLDER_MAX)).toEqual([]);
  });

  it('are named in ARCHITECTURE.md, those within another folder by their last part', () => {
    const page = readFileSync('ARCHITECTURE.md', 'utf8');
    const folders = [...new Set(sources.map(({ path }) => dirname(path)))];
    const isNamed = (folder: string): boolean => {
      const depth = folder.split('/').length;
      if (depth > 4 || folder === 'src') return true;
      return page.includes(`\`${folder}/\``) || (depth === 4 && page.includes(`\`${basename(folder)}/\``));
    };
    expect(folders.filter((folder) => !isNamed(folder))).toEqual([]);
  });
});

describe('a circle of folders', () => {
  it('is found when its imports are in different files, and is reported once', () => {
    const circle = [
      { from: 'src/north/a.ts', to: 'src/south/b.ts' },
      { from: 'src/south/c.ts', to: 'src/east/d.ts' },
      { from: 'src/east/e.ts', to: 'src/north/f.ts' },
    ];
    expect(folderCircles(circle)).toEqual([['src/east', 'src/north', 'src/south']]);
  });

  it('is not reported for folders imported in one direction', () => {
    const line = [
      { from: 'src/north/a.ts', to: 'src/south/b.ts' },
      { from: 'src/north/a.ts', to: 'src/east/d.ts' },
      { from: 'src/east/e.ts', to: 'src/south/f.ts' },
      { from: 'src/east/e.ts', to: 'src/east/d.ts' },
    ];
    expect(folderCircles(line)).toEqual([]);
  });
});
