import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { checkPublicUrls, checkWebOrigins, WebOrigins } from './web-origins.js';

const made = (options: Partial<ConstructorParameters<typeof WebOrigins>[0]> = {}): WebOrigins =>
  new WebOrigins({ allowWebOrigins: [], publicUrls: [], sandboxOrigins: [], isSecure: false, ...options });
const code = (web: WebOrigins, host: string | undefined, origin?: string): string | undefined =>
  web.refusal({ host, origin })?.code;

test('the check of origins accepts programs, and its own pages by each of its host names', () => {
  const web = made({ publicUrls: ['https://grid.example/'], sandboxOrigins: ['http://box1.example'] });
  const named = [
    'localhost:8462',
    '127.0.0.1:8462',
    '[::1]:8462',
    '10.0.0.7',
    'grid.example',
    'box1.example',
  ];
  for (const host of [...named, hostname(), `${hostname()}.local:8462`]) {
    expect([host, code(web, host)]).toEqual([host, undefined]);
    expect([host, code(web, host, `http://${host.toLowerCase()}`)]).toEqual([host, undefined]);
  }
  expect(code(web, undefined)).toBeUndefined();
  // Behind a proxy that forwards another host name.
  expect(code(web, '127.0.0.1:8462', 'https://grid.example')).toBeUndefined();
});

test('the check of origins refuses pages of every other origin, and says how to allow one', () => {
  const web = made();
  for (const origin of [
    'http://localhost:3000',
    'https://evil.example',
    'http://localhost',
    'null',
    'file://',
    'x',
  ])
    expect([origin, code(web, 'localhost:8462', origin)]).toEqual([origin, 'WEB_ORIGIN_REFUSED']);
  expect(web.refusal({ host: 'localhost', origin: 'https://app.example' })!.message).toContain(
    '--allow-web-origin https://app.example ',
  );
  expect(code(made({ isSecure: true }), 'localhost', 'http://localhost')).toBe('WEB_ORIGIN_REFUSED');
  expect(code(made({ allowWebOrigins: ['https://app.example'] }), 'localhost', 'https://app.example')).toBe(
    undefined,
  );
  for (const origin of ['null', 'https://evil.example'])
    expect(code(made({ allowWebOrigins: ['*'] }), 'localhost', origin)).toBeUndefined();
});

test('the check of origins refuses every host name that may belong to someone else, whatever the origin', () => {
  const web = made({ allowWebOrigins: ['*'] });
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'a b',
    '',
    'evil.example:8462',
    '127.0.0.1.nip.io',
  ])
    expect([host, code(web, host, `http://${host}`)]).toEqual([host, 'HOST_REFUSED']);
});

test('the check of origins accepts only http and https origins and URLs as options', () => {
  expect(checkWebOrigins(['https://App.example/', '*'])).toEqual(['https://app.example', '*']);
  expect(checkPublicUrls(['https://grid.example'])).toEqual(['https://grid.example/']);
  for (const bad of ['app.example', 'ftp://x', 'https://x/path', 'null'])
    expect(() => checkWebOrigins([bad])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  for (const bad of ['grid.example', 'ws://x'])
    expect(() => checkPublicUrls([bad])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(() => checkWebOrigins('https://x' as never)).toThrow(/list/);
});
