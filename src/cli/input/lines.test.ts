import { expect, it } from 'vitest';
import { readLines } from './lines.js';

async function linesOf(chunks: (string | Uint8Array)[], lengthMax?: number): Promise<string[]> {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* bytes;
  }
  const lines: string[] = [];
  for await (const run of readLines(source(), lengthMax)) lines.push(...run);
  return lines;
}

it('lines are joined over the ends of chunks, and characters of several bytes too', async () => {
  const [first, second] = [new Uint8Array([0x61, 0xc3]), new Uint8Array([0xa9, 0x62])];
  expect(await linesOf(['one\ntw', 'o\n', first, second, '\r\n', '\n', 'end'])).toEqual([
    'one',
    'two',
    'aéb',
    '',
    'end',
  ]);
});

it('the last line needs no end, and an input without a line gives none', async () => {
  expect(await linesOf(['a\nb\n'])).toEqual(['a', 'b']);
  expect(await linesOf(['a\nb'])).toEqual(['a', 'b']);
  expect(await linesOf([''])).toEqual([]);
});

it('a line that is too long is refused, also before its end has come', async () => {
  await expect(linesOf(['abc', 'defg', 'h'], 6)).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    info: { max: 6, actual: 7 },
  });
});
