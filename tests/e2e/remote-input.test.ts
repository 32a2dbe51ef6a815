/**
 * Input by address in a real browser: a job waits until a donor names the site that its input comes from.
 * @module
 */
import './fixtures/home.js';
import { expect } from '@playwright/test';
import { computeFor, init, RemoteDataSet } from 'manyhands';
import { respondWith, serveData } from '../../src/testing/data-server.js';
import { test } from './fixtures/job-fixture.js';

test('a tab fetches input from the origin that its donor allows, and from no other', async ({ fixture }) => {
  const site = await serveData({
    '/json': respondWith('application/json', '{"n":[1,2]}'),
    '/text': respondWith('text/plain; charset=utf-8', 'grün'),
    '/bytes': respondWith('image/png', new Uint8Array([0, 255])),
  });
  const other = await serveData({ '/text': respondWith('text/plain', 'elsewhere') });
  try {
    init({ scheduler: fixture.scheduler });
    const paths = ['/json', '/text', '/bytes', '/none'];
    const job = computeFor(new RemoteDataSet(paths.map((path) => site.origin + path)), (datum: unknown) =>
      datum instanceof Uint8Array ? [...datum] : datum,
    );
    const waits = computeFor([new URL(`${other.origin}/text`)], (text: string) => text);
    await job.deploy();
    await waits.deploy();
    const tab = await fixture.openTab();
    // The first job that it runs shows that it skipped both others.
    expect([...(await computeFor([1], (x: number) => x + 1).exec())]).toEqual([2]);
    expect([...site.requests, ...other.requests]).toEqual([]);

    await tab
      .locator('details', { has: tab.locator('#origin-form') })
      .locator('summary')
      .click();
    await tab.getByLabel('Address of the website').fill(`${site.origin}/anything`);
    await tab.locator('#origin-form').getByRole('button').click();
    await expect(tab.locator('#origin-error')).toContainText('a whole website');
    await tab.getByLabel('Address of the website').fill(site.origin);
    await tab.locator('#origin-form').getByRole('button').click();
    await expect(tab.locator('#origins')).toContainText(site.origin);
    const failed: unknown = await job.wait().then(
      () => 'nothing failed',
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({
      code: 'SLICES_FAILED',
      info: {
        failed: 1,
        failures: [
          {
            sliceNumber: 4,
            error: { code: 'FETCH_FAILED', message: expect.stringContaining('404') as unknown },
          },
        ],
      },
    });
    expect((failed as { info: { results: unknown[] } }).info.results.slice(0, 3)).toEqual([
      { n: [1, 2] },
      'grün',
      [0, 255],
    ]);
    const { headers } = site.requests[0]!;
    expect([headers.cookie, headers.referer, headers.origin]).toEqual([
      undefined,
      undefined,
      fixture.scheduler,
    ]);
    expect(await waits.fetchResults()).toEqual([]);
    expect(other.requests).toEqual([]);
    await waits.cancel();
  } finally {
    await Promise.all([site.close(), other.close()]);
  }
});
