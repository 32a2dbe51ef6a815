import { describe, expect, it } from 'vitest';
import { BLOB_BYTES_MAX } from '../../protocol/limits.js';
import { longResponse } from '../../testing/long-response.js';
import { fetchModule, moduleReadError } from './fetch-module.js';

const answers =
  (answer: () => Response | Promise<Response>): typeof fetch =>
  () =>
    Promise.resolve().then(answer);

describe('a module that cannot be read', () => {
  it('is reported with the path of its file', () => {
    const error = moduleReadError(new URL('file:///jobs/work.js'), 'ENOENT');
    expect(error).toMatchObject({ code: 'WORK_FUNCTION_INVALID', info: { url: 'file:///jobs/work.js' } });
    expect(error.message).toContain('cannot be read from file:///jobs/work.js: ENOENT');
  });

  it('is reported without the query of its URL, which may be a secret', async () => {
    const url = new URL('https://user:pass@example.com/work.js?key=secret#part');
    const gone = fetchModule(
      answers(() => new Response('no', { status: 404 })),
      url,
    );
    await expect(gone).rejects.toMatchObject({ info: { url: 'https://example.com/work.js' } });
    await expect(gone).rejects.toThrowError(
      /^The work function's module cannot be read from https:\/\/example\.com\/work\.js: status 404\.$/,
    );
  });

  it('is reported with the error of the platform as the cause', async () => {
    const cause = new TypeError('fetch failed');
    const silent = fetchModule(
      answers(() => Promise.reject(cause)),
      new URL('https://example.com/x.js'),
    );
    await expect(silent).rejects.toMatchObject({ code: 'WORK_FUNCTION_INVALID', cause });
    await expect(silent).rejects.toThrowError(/no answer/);
  });

  it('is read up to the limit of a blob and no further', async () => {
    const { response, sent } = longResponse(BLOB_BYTES_MAX * 2);
    const large = fetchModule(
      answers(() => response),
      new URL('https://example.com/x.js'),
    );
    await expect(large).rejects.toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
    expect(sent()).toBeLessThan(BLOB_BYTES_MAX + 1024 * 1024);
  });
});

it('fetchModule returns the bytes of a module', async () => {
  const bytes = await fetchModule(
    answers(() => new Response('export default 1')),
    new URL('https://example.com/x.js'),
  );
  expect(new TextDecoder().decode(bytes)).toBe('export default 1');
});
