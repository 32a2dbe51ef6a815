/**
 * The words of src: retired ones stay out of its identifiers, and two exported things never share a name.
 * @module
 */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { exportedNames, identifiersIn, wordsOf } from './identifiers.js';
import { RETIRED } from './retired-words.js';
import { productFiles } from './tree.js';

const sources = productFiles
  .filter(({ path }) => !path.startsWith('src/testing/'))
  .map(({ path, text }) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));

/** The retired words of which an identifier has all parts, one behind the other. */
function retiredIn(identifier: string): string[] {
  const parts = `-${wordsOf(identifier).join('-')}-`;
  return RETIRED.filter((word) => parts.includes(`-${wordsOf(word).join('-')}-`));
}

describe('identifiers of src', () => {
  it('have no retired word among their parts', () => {
    const found = sources.flatMap((source) =>
      [...identifiersIn(source)].flatMap((name) =>
        retiredIn(name).map((word) => `${source.fileName}: ${name} has ${word}, see docs/glossary.md`),
      ),
    );
    expect(found).toEqual([]);
  });

  it('are compared by whole parts, whatever their case', () => {
    expect(wordsOf('SocketRoom')).toEqual(['socket', 'room']);
    expect(wordsOf('HTTP_ROOM_MAX')).toEqual(['http', 'room', 'max']);
    expect(wordsOf('#makeSHA256Room')).toEqual(['make', 'sha256', 'room']);
  });
});

describe('exported things of src', () => {
  it('never share a name', () => {
    const filesOf = new Map<string, string[]>();
    for (const source of sources) {
      // An entry point exports what others declare, and may give it its public name.
      if (source.fileName.startsWith('src/entry/')) continue;
      for (const name of exportedNames(source)) {
        filesOf.set(name, [...(filesOf.get(name) ?? []), source.fileName]);
      }
    }
    expect([...filesOf].filter(([, files]) => files.length > 1)).toEqual([]);
  });
});
