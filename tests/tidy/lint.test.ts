/**
 * The lint rules catch what they are there for. The text of an existing file is replaced, so that the type-aware
 * rules know which project it is in.
 * @module
 */
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint();
const HEADER = '/** A probe. @module */\n';

/** The names of the rules that object to `text` when it stands in `filePath`. */
async function rulesAgainst(text: string, filePath: string): Promise<string[]> {
  const results = await eslint.lintText(HEADER + text, { filePath });
  return results.flatMap((result) => result.messages.map((message) => message.ruleId ?? message.message));
}

describe('the lint rules', () => {
  it.each([
    ['no-restricted-syntax', 'export const now = () => Date.now();'],
    ['no-restricted-syntax', 'export const now = () => new Date();'],
    ['no-restricted-syntax', 'export const luck = () => Math.random();'],
    ['no-restricted-syntax', 'export const later = (f: () => void) => setTimeout(f, 1);'],
    ['no-restricted-syntax', 'export const later = (f: () => void) => globalThis.setInterval(f, 1);'],
    ['no-restricted-syntax', 'export const luck = () => crypto.getRandomValues(new Uint8Array(1));'],
    ['no-restricted-syntax', "export * from './random.js';"],
    ['no-restricted-syntax', 'export enum Colour { red }'],
    ['no-restricted-exports', 'const one = 1;\nexport default one;'],
    ['no-restricted-globals', 'export const bytes = (s: string): Uint8Array => Buffer.from(s);'],
    ['no-console', "console.log('x');"],
    ['no-eval', "export const x: unknown = eval('1');"],
    ['@typescript-eslint/no-floating-promises', 'export function f(): void { Promise.resolve(1); }'],
    [
      '@typescript-eslint/no-misused-promises',
      'export const f = (xs: number[]) => xs.forEach(async () => {});',
    ],
    ['@typescript-eslint/no-explicit-any', 'export const f = (x: any): unknown => x;'],
    [
      '@typescript-eslint/consistent-type-imports',
      "import { Random } from './random.js';\nexport type R = Random;",
    ],
    [
      '@typescript-eslint/switch-exhaustiveness-check',
      "export function f(x: 'a' | 'b'): number { switch (x) { case 'a': return 1; } return 2; }",
    ],
    ['max-lines-per-function', `export function f(): void {\n${'  void 0;\n'.repeat(71)}}`],
    ['max-lines', `export const f = 1;\n${'void f;\n'.repeat(401)}`],
  ])('find %s', async (rule, text) => {
    expect(await rulesAgainst(text, 'src/lib/crypto/ids.ts')).toContain(rule);
  });

  it.each(['src/lib/clock.ts', 'src/lib/crypto/random.ts'])(
    'allow %s to create the real ports',
    async (filePath) => {
      expect(await rulesAgainst('export const now = () => Date.now() + Math.random();', filePath)).toEqual(
        [],
      );
    },
  );
});
