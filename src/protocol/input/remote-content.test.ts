import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { REMOTE_JSON_BYTES_MAX, REMOTE_JSON_VALUES_MAX } from '../limits.js';
import { decodeContent } from './remote-content.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusal(type: string, bytes: Uint8Array): string {
  try {
    decodeContent(type, bytes);
  } catch (error) {
    return isError(error) ? `${error.code} ${error.message}` : String(error);
  }
  return 'nothing was refused';
}

describe('the type of a content', () => {
  const body = bytesOf('[1]');

  it.each([
    ['application/json', [1]],
    ['Application/JSON ; charset=utf-8', [1]],
    ['application/geo+json', [1]],
    ['text/plain', '[1]'],
    [' TEXT/csv;x=y', '[1]'],
    ['application/jsonp', body],
    ['x/y/application/json', body],
    ['application/octet-stream', body],
    ['', body],
    [null, body],
  ])('%j makes of [1] the datum %j', (type, datum) => {
    expect(decodeContent(type, body)).toEqual(datum);
  });
});

describe('JSON from an address', () => {
  it('is read up to its bytes, and not past them', () => {
    const text = `"${'x'.repeat(REMOTE_JSON_BYTES_MAX - 2)}"`;
    expect(decodeContent('application/json', bytesOf(text))).toHaveLength(REMOTE_JSON_BYTES_MAX - 2);
    const found = refusal('application/json', bytesOf(`${text} `));
    expect(found).toMatch(
      /^FETCH_FAILED it is JSON of 8388609 bytes, and at most 8388608 are read; .*text or bytes/,
    );
    expect(decodeContent('text/plain', bytesOf(`${text} `))).toHaveLength(REMOTE_JSON_BYTES_MAX + 1);
  });

  it.each([
    ['empty lists', '[]'],
    ['empty objects', '{}'],
    ['numbers', '1'],
    ['strings', '"a,[{\\"\\\\"'],
  ])('is read up to so many %s, and not past them', (_what, one) => {
    // The list counts, and what is opened in it.
    const each = /^[[{]/.test(one) ? 2 : 1;
    const count = Math.floor((REMOTE_JSON_VALUES_MAX - 1) / each);
    const list = (n: number): Uint8Array => bytesOf(`[${Array.from({ length: n }, () => one).join(',')}]`);
    expect(decodeContent('application/json', list(count))).toHaveLength(count);
    expect(refusal('application/geo+json', list(count + 1))).toMatch(
      /^FETCH_FAILED it is JSON of more than 200000 values; .*text or bytes/,
    );
  });

  it('counts nothing that stands in its strings', () => {
    const text = ',[{'.repeat(REMOTE_JSON_VALUES_MAX);
    expect(decodeContent('application/json', bytesOf(JSON.stringify(text)))).toBe(text);
  });
});
