import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { JOB_ORIGINS_MAX, REMOTE_URL_BYTES_MAX } from '../limits.js';
import { readDataUrl, RemoteDataPattern, RemoteDataSet } from './remote-sets.js';
import { decodeRemote, encodeRemote, originOf } from './remote-url.js';

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return isError(error) ? `${error.code} ${error.message}` : String(error);
  }
  return 'nothing was refused';
}

describe('RemoteDataSet', () => {
  it('takes addresses one by one or as a list, and knows where they lead', () => {
    const one = new RemoteDataSet('https://B.example/x#part', new URL('http://a.example:80/y?z'), 'data:,ok');
    expect([...one]).toEqual(['https://b.example/x', 'http://a.example/y?z', 'data:,ok']);
    expect(one.origins).toEqual(['http://a.example', 'https://b.example']);
    expect(one.length).toBe(3);
    expect([one.at(1), one.at(3)]).toEqual(['http://a.example/y?z', undefined]);
    expect(new RemoteDataSet(['https://a.example/']).toArray()).toEqual(['https://a.example/']);
    expect(new RemoteDataSet([]).length).toBe(0);
  });

  it.each<[string, unknown[], RegExp]>([
    ['a path', ['https://a.example/', '/x.json'], /address 1 is "\/x.json"/],
    ['a file', ['file:///etc/passwd'], /http or https; address 0 is "file:/],
    ['a password', ['https://me:secret@a.example/'], /user and a password; address 0, of a.example/],
    ['a number', [5], /a list of addresses, not Number/],
    ['numbers', [[5]], /address 0 is Number/],
    ['something endless', [`https://a.example/${'x'.repeat(REMOTE_URL_BYTES_MAX)}`], /at most 8192/],
    ['a data: address that is none', ['data:;base64,%%'], /data: address cannot be read/],
  ])('refuses %s', (_what, urls, text) => {
    const found = refusal(() => new RemoteDataSet(...(urls as string[])));
    expect(found).toMatch(/^INVALID_ARGUMENT /);
    expect(found).toMatch(text);
    expect(found).not.toContain('secret');
  });

  it('refuses more origins than a job may name', () => {
    const urls = Array.from({ length: JOB_ORIGINS_MAX + 1 }, (_, i) => `https://a${i}.example/`);
    expect(new RemoteDataSet(urls.slice(1)).origins).toHaveLength(JOB_ORIGINS_MAX);
    expect(refusal(() => new RemoteDataSet(urls))).toMatch(/^LIMIT_EXCEEDED .*33 origins/);
  });
});

describe('RemoteDataPattern', () => {
  it('gives each slice its address, from 1, without listing them', () => {
    const pattern = new RemoteDataPattern('https://a.example/{slice}/{slice}.json?s={slice}#{slice}', 1e12);
    expect(pattern.at(0)).toBe('https://a.example/1/1.json?s=1');
    expect(pattern.at(1e12 - 1)).toBe('https://a.example/1000000000000/1000000000000.json?s=1000000000000');
    expect(pattern.at(1e12)).toBeUndefined();
    expect(pattern.length).toBe(1e12);
    expect(pattern.origins).toEqual(['https://a.example']);
    expect([...new RemoteDataPattern(new URL('https://a.example/{slice}'), 2)]).toEqual([
      'https://a.example/1',
      'https://a.example/2',
    ]);
  });

  it.each<[string, unknown, unknown, RegExp]>([
    ['no {slice}', 'https://a.example/', 3, /has \{slice\} in it/],
    ['a path', '/{slice}', 3, /whole addresses/],
    ['no count', 'https://a.example/{slice}', undefined, /whole number of slices/],
    ['a count of 0', 'https://a.example/{slice}', 0, /whole number of slices/],
    ['half a slice', 'https://a.example/{slice}', 1.5, /whole number of slices/],
    ['data:', 'data:,{slice}', 3, /pattern of http or https/],
    ...[
      'https://a{slice}.example/',
      'https://a.example:80{slice}/',
      'https://a.example{slice}',
      'https:a{slice}.example/',
      'https:\\\\a{slice}.example/',
      ' https:////a{slice}.example/',
      'ht\ttps://a\t{slice}.example/{slice}',
      'https:/\t/{slice}.example.com/x',
      'https:/\n/a{slice}.example.com/x',
      'https:/\t/a.example:8{slice}/x',
    ].map((url): [string, string, number, RegExp] => [
      `one in the origin of ${url}`,
      url,
      3,
      /behind its origin/,
    ]),
    ['one in the user', 'https://{slice}@a.example/', 3, /user and a password/],
  ])('refuses %s', (_what, url, count, text) => {
    const found = refusal(() => new RemoteDataPattern(url as string, count as number));
    expect(found).toMatch(/^INVALID_ARGUMENT /);
    expect(found).toMatch(text);
  });
});

describe('a data: address', () => {
  it.each<[string, unknown]>([
    ['data:,a%20b%', 'a b%'],
    ['data:;charset=utf-8,%C3%A4', 'ä'],
    ['data:text/html,<p>#x', '<p>'],
    ['data:application/json;base64,eyJhIjpbMV19', { a: [1] }],
    ['data:application/json,[1,2]', [1, 2]],
    ['data:image/png;base64,AP8=', new Uint8Array([0, 255])],
    ['data:image/png,%00%ff', new Uint8Array([0, 255])],
  ])('%s', (url, value) => {
    expect(readDataUrl(url)).toEqual(value);
  });

  it.each(['data:nothing', 'data:application/json,{', 'data:text/plain,%ff'])('%s is refused', (url) => {
    expect(refusal(() => readDataUrl(url))).toMatch(/^INVALID_ARGUMENT /);
  });
});

describe('an address in an envelope', () => {
  it('comes back, with its origin', () => {
    const url = 'https://a.example:8443/x?y=%20#z';
    expect(decodeRemote(encodeRemote(url))).toBe(url);
    expect(originOf(url)).toBe('https://a.example:8443');
  });

  it.each([
    '',
    'https://a.example',
    'ftp://a.example/',
    'HTTPS://a.example/',
    'https:///a',
    'https://a.example\\@b.example/',
    'https://a.example@b.example/',
    'https://a.example?/',
    'https://a.example/ä',
    'https://a.example/ x',
    'https://a.example/\n',
    `https://a.example/${'x'.repeat(REMOTE_URL_BYTES_MAX)}`,
  ])('%j is none', (url) => {
    expect(refusal(() => encodeRemote(url))).toMatch(/^INVALID_ARGUMENT /);
    expect(refusal(() => decodeRemote(new TextEncoder().encode(url)))).toMatch(/^SEGMENT_MALFORMED /);
  });
});
