import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { languageOf } from './source-language.js';

describe('Python is recognised', () => {
  it.each([
    'def f(x):\n  return x',
    'async def f(x): ...',
    'def f[T](x: T) -> T: return x',
    'lambda x: x',
    'work = lambda x: x * 2',
    'work: Callable = lambda x: 2',
    'import re\n\ndef f(x):\n  return x',
    'import os, sys as system  # both',
    'import numpy as np; k = 3',
    'from math import (\n  pi,\n)\n',
    '# twice\nwork = 5',
    '#!/usr/bin/env python3\nk = 1',
    '"""What it does: import x => y"""\nK = 3\n',
    "r'''raw'''",
    '@cache\ndef f(x):\n  return x',
    'K = 3\nclass Point(Base):\n  pass',
    'class Point:\n  x: int',
    'K = 3;\nif K > 2:\n  K = 4',
    'try:\n  import numpy\nexcept ImportError: # none\n  numpy = None',
    '    def work(x):\n        return x\n    ',
  ])('%j', (text) => {
    expect(languageOf(text)).toBe('Python');
  });
});

describe('JavaScript is recognised, whatever its string literals contain', () => {
  it.each([
    "import fs from 'fs'\nconst def = 5",
    'import{a}from"./a.js";import b,{c}from"b";',
    'import * as all from "all"',
    '"use strict";\nvar t = `\ndef work(x):\n  return x\n`',
    'const source = `\nimport re\n\ndef f(x):\n  return x\n`; (x) => {',
    '(()=>{var e={};\nlambda: for(;;);',
    '!function(e){\nimport re',
    '/*! licence */\nimport re',
    'e=>{\nfrom re import x',
    '@decorator\nclass A extends B {',
    'class A{',
    'if (x) {\n# no',
    '#!/usr/bin/env node\nx',
  ])('%j', (text) => {
    expect(languageOf(text)).toBe('JavaScript');
  });

  it.each(['esm', 'iife', 'cjs'] as const)('minified into %s', (format) => {
    const contents = [
      'import { ManyhandsError } from "./src/lib/errors.ts";',
      'const python = `\nimport re\n\ndef work(x):\n  return x\n`;',
      'export default (x) => new ManyhandsError("INTERNAL", python + x).message;',
    ].join('\n');
    const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' } as const;
    for (const minify of [true, false]) {
      const { outputFiles } = buildSync({ stdin, format, minify, bundle: true, write: false });
      expect(languageOf(outputFiles[0]!.text)).toBe('JavaScript');
    }
  });
});

it.each(['', 'x +', 'x = 3', 'print(5)', 'return 5', '@cache'])('the language of %j is undecided', (text) => {
  expect(languageOf(text)).toBeUndefined();
});

it('a text of hundreds of thousands of lines has a language like any other', () => {
  expect(languageOf(`${'x\n'.repeat(250_000)}import y from "y";`)).toBe('JavaScript');
});
