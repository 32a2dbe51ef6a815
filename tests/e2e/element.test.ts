/**
 * `<manyhands-worker>` on another origin, as the example has it: only the visitor's own press starts it, the site hears
 * of what happens, and neither side's policy meets the other's.
 * @module
 */
import './fixtures/home.js';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import { computeFor, init, type Job } from 'manyhands';
import { answer, axeFindings, questions } from './fixtures/donor-page.js';
import { test as base } from './fixtures/job-fixture.js';

/** A page with one element without a scheduler and one whose scheduler does not exist; the page's own script is last. */
const MISTAKES = (scheduler: string): string =>
  `<!doctype html><html lang="en"><script type="module" src="${scheduler}/element.js"></script>
  <manyhands-worker scheduler="nowhere"></manyhands-worker>
  <manyhands-worker scheduler="http://127.0.0.1:9" cores="lots" share="50%" lang="fr" theme="blue" join="my lab,x" only-groups></manyhands-worker>
  <script type="module" src="/mistakes.js"></script>`;
const LISTENER = `document.documentElement.dataset.heard = '';
  for (const one of document.querySelectorAll('manyhands-worker'))
    one.addEventListener('error', ({ detail }) => {
      document.documentElement.dataset.heard += ' ' + detail.error.code;
    });`;

/** The site of the example, served with a content security policy of its own. */
const test = base.extend<{ site: string }>({
  site: async ({ fixture }, use) => {
    const page = await readFile(new URL('../../examples/08-element/index.html', import.meta.url), 'utf8');
    const script = await readFile(new URL('../../examples/08-element/site.js', import.meta.url), 'utf8');
    const server = createServer((request, response) => {
      const from = fixture.scheduler;
      const isScript = request.url?.endsWith('.js') === true;
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
      response.setHeader(
        'Content-Security-Policy',
        `default-src 'none'; script-src 'self' ${from}; style-src 'unsafe-inline'; frame-src ${from} http://127.0.0.1:9`,
      );
      if (request.url?.startsWith('/isolated') === true) {
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      }
      if (request.url?.startsWith('/mistakes')) response.end(isScript ? LISTENER : MISTAKES(from));
      else response.end(isScript ? script : page.replaceAll('http://localhost:8462', from));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
    server.closeAllConnections();
  },
});

const embed = (page: Page): FrameLocator => page.frameLocator('manyhands-worker iframe');
const start = (page: Page) => embed(page).getByRole('button', { name: 'Start', exact: true });

/**
 * By keyboard. After a scroll Chromium looks for a frame of another site where it stood before, for a moment: a press by
 * place, next to the frame, then lands in the frame (seen in every second run).
 */
const press = (button: Locator): Promise<void> => button.press('Enter');

const SOON_MS = 1_000;

/** Presses the button until it takes effect: it ignores presses until it has been visible for a moment. */
async function pressStart(page: Page): Promise<void> {
  await expect(async () => {
    // The worker may have started meanwhile, and a dialog may cover the button.
    if (await start(page).isVisible()) await start(page).click({ timeout: SOON_MS });
    await expect(embed(page).getByRole('status')).toHaveText(/Connected|Working|Waiting/, {
      timeout: SOON_MS,
    });
  }).toPass();
}

/** Whether the frame is as high as its content. */
const overflow = async (page: Page): Promise<{ isHigh: boolean; hidden: number }> => {
  const html = embed(page).locator('html');
  const hidden = await html.evaluate((element) => element.scrollHeight - element.clientHeight);
  return { isHigh: (await html.evaluate((element) => element.clientHeight)) > 200, hidden };
};

const setAttribute = (page: Page, name: string, value: string): Promise<void> =>
  page
    .locator('manyhands-worker')
    .evaluate((element, [key, text]) => element.setAttribute(key, text), [name, value] as const);

test('the element on another site works for a visitor who starts it, and emits events to the site', async ({
  fixture,
  site,
  page,
}) => {
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number>([1, 2, 3, 4, 5, 6], '(x) => x * x');
  const done = job.exec();
  await page.goto(site);
  await expect(embed(page).locator('#lead-text')).toContainText(new URL(site).host);
  await expect(embed(page).locator('#means')).toContainText('1 core of your processor');
  expect(await axeFindings(page)).toEqual([]);
  const height = await page.locator('manyhands-worker iframe').evaluate((frame) => frame.clientHeight);
  expect(height).toBeGreaterThan(200);

  // No message of the site's own scripts starts the worker.
  await page.evaluate(() => {
    const frame = document.querySelector('manyhands-worker')!.shadowRoot!.querySelector('iframe')!;
    for (const type of ['start', 'configure']) {
      frame.contentWindow!.postMessage({ to: 'manyhands-embed', type, autostart: true }, '*');
    }
  });
  await expect(embed(page).getByRole('status')).toHaveText('Not started');

  // A click does not count while another element covers the button.
  await page.evaluate(() => {
    const cover = Object.assign(document.createElement('div'), { id: 'cover' });
    cover.style.cssText = 'position:fixed;inset:0;background:#fff;pointer-events:none;opacity:0.99';
    document.body.append(cover);
  });
  await expect
    .poll(async () => {
      await start(page).click();
      return embed(page).locator('#hidden-note').textContent();
    })
    .toContain('Something may cover this button');
  await expect(embed(page).getByRole('status')).toHaveText('Not started');
  await page.evaluate(() => document.getElementById('cover')!.remove());

  const heights = await page.evaluateHandle(() => {
    const seen: number[] = [];
    const frame = document.querySelector('manyhands-worker')!.shadowRoot!.querySelector('iframe')!;
    new ResizeObserver(() => seen.push(frame.clientHeight)).observe(frame);
    return seen;
  });
  await pressStart(page);
  expect([...(await done)]).toEqual([1, 4, 9, 16, 25, 36]);
  await expect(page.locator('#heard')).toContainText('start');
  await expect(page.locator('#heard')).toContainText('6 slices');
  // The sandbox is kept for further slices of the job, and no slice runs.
  await expect(embed(page).getByRole('status')).toHaveText('Connected, waiting for work');
  await expect(embed(page).locator('#nothing')).toBeVisible();
  // The layout of the site did not shift when the job ended.
  const seen = await heights.jsonValue();
  expect(seen.at(-1)).toBe(Math.max(...seen));
  expect(await axeFindings(page)).toEqual([]);

  // The visitor's key is stored by the frame, and can be exported as a file.
  await press(embed(page).getByText('Choices', { exact: true }));
  await embed(page).getByLabel('Earn to a key made in this browser').press('Space');
  await expect(embed(page).locator('#browser-address')).toHaveText(/0x[0-9a-f]{40}$/);
  await press(embed(page).getByRole('button', { name: 'Save the key as a file' }));
  const form = embed(page).locator('#export-form');
  await form.getByLabel('Passphrase', { exact: true }).fill('long enough');
  await form.getByLabel('Passphrase, again').fill('long enough');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    press(form.getByRole('button', { name: 'Save' })),
  ]);
  expect(download.suggestedFilename()).toMatch(/^manyhands-0x[0-9a-f]{40}\.json$/);

  await press(page.getByRole('button', { name: 'Stop it from here' }));
  await expect(embed(page).getByRole('status')).toHaveText('Stopped');
  await expect(page.locator('#heard')).toContainText('stop');
});

test('the element applies the groups and limits of the site, and groups added later only after the next click of the visitor', async ({
  fixture,
  site,
  page,
}) => {
  init({ scheduler: fixture.scheduler });
  const inGroup = (joinKey: string, joinSecret: string): Job<number> => {
    const job = computeFor<number>([1, 2, 3], '(x) => x * x');
    job.computeGroups = [{ joinKey, joinSecret }];
    job.public.name = `For ${joinKey}`;
    return job;
  };
  const everybodys = computeFor<number>([1], '(x) => x');
  await everybodys.deploy();
  await page.goto(site);
  await setAttribute(page, 'join', 'lab,sesame%201');
  await setAttribute(page, 'only-groups', '');
  await setAttribute(page, 'ask-first', '');
  await setAttribute(page, 'bytes-per-day', '50000000');
  const note = embed(page).locator('#groups-note');
  await expect(note).toHaveText(
    `Only jobs of the group “lab”, which ${new URL(site).host} has chosen, run here.`,
  );
  await press(embed(page).getByText('Choices', { exact: true }));
  await expect(embed(page).getByText('asks for at most 1 core and 48 MiB a day')).toBeVisible();
  await expect(embed(page).getByLabel('Ask me before a new deployer’s code runs')).toBeChecked();
  // The whole content is visible: the frame is as high as its content.
  await expect
    .poll(() =>
      embed(page)
        .locator('html')
        .evaluate((html) => html.scrollHeight - html.clientHeight),
    )
    .toBe(0);
  expect(await axeFindings(page)).toEqual([]);
  await press(embed(page).getByText('Choices', { exact: true }));

  const lab = inGroup('lab', 'sesame 1');
  const labDone = lab.exec();
  await pressStart(page);
  await expect(questions(embed(page))).toContainText('For lab');
  await expect(embed(page).getByRole('button', { name: 'Stop', exact: true })).toBeVisible();
  await answer(embed(page), /^Admit them/);
  expect([...(await labDone)]).toEqual([1, 4, 9]);

  // Without its group the worker runs no jobs, instead of those of the public group.
  await setAttribute(page, 'join', '');
  await expect(embed(page).getByRole('status')).toContainText('asks for other jobs than you agreed to');
  await setAttribute(page, 'join', 'lab,sesame%201');
  await expect(embed(page).getByRole('status')).toHaveText(/Connected|Working/);

  // A group that the site adds later is not covered by the visitor's consent.
  const sea = inGroup('sea', 'salt');
  const seaDone = sea.exec();
  await setAttribute(page, 'join', 'lab,sesame%201 sea,salt');
  await expect(note).toContainText('“lab” and “sea”');
  expect([...(await inGroup('lab', 'sesame 1').exec())]).toEqual([1, 4, 9]);
  expect(sea.status.computed).toBe(0);
  await press(page.getByRole('button', { name: 'Stop it from here' }));
  await expect(embed(page).getByRole('status')).toHaveText('Stopped');
  await pressStart(page);
  expect([...(await seaDone)]).toEqual([1, 4, 9]);
  expect(everybodys.status.computed).toBe(0);

  // With an invalid list of groups the worker runs no jobs, instead of those of the public group.
  await press(page.getByRole('button', { name: 'Stop it from here' }));
  await expect(embed(page).getByRole('status')).toHaveText('Stopped');
  await setAttribute(page, 'join', 'my lab,sesame');
  await expect(note).toContainText('names none. Nothing runs here');
  await press(start(page));
  await expect(embed(page).getByRole('status')).toHaveText('Stopped');
  await setAttribute(page, 'join', 'lab,sesame%201');
  await pressStart(page);

  // A lower limit applies at once.
  await setAttribute(page, 'bytes-per-day', '1');
  await expect(embed(page).getByRole('status')).toHaveText('Paused: the day’s data is used up');

  // An element that is removed emits its end.
  await page.locator('#heard').evaluate((heard) => (heard.textContent = ''));
  await page.evaluate(() => document.querySelector('manyhands-worker')!.remove());
  await expect(page.locator('#heard')).toContainText('stop');
});

test('the element works on a cross-origin isolated site (COEP)', async ({ fixture, site, page }) => {
  init({ scheduler: fixture.scheduler });
  const job = computeFor<number>([1, 2, 3], '(x) => x * x');
  const done = job.exec();
  await page.goto(`${site}isolated`);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await pressStart(page);
  expect([...(await done)]).toEqual([1, 4, 9]);
});

test('the element shows the whole frame at any width, and loads it once', async ({ site, page }) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/embed')) asked.push(request.url());
  });
  for (const width of [1280, 375]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(site);
    await page.addStyleTag({ content: 'body { max-width: none }' });
    await expect(embed(page).locator('#lead-text')).toContainText(new URL(site).host);
    await expect.poll(() => overflow(page)).toEqual({ isHigh: true, hidden: 0 });
  }
  expect(asked).toHaveLength(2);
});

test('the stored consent of a visitor starts the element, and not after the visitor has stopped it', async ({
  fixture,
  site,
  page,
}) => {
  init({ scheduler: fixture.scheduler });
  const everybodys = computeFor<number>([1], '(x) => x');
  await everybodys.deploy();
  // This browser keeps no storage for frames of another site.
  await page.goto(site);
  await setAttribute(page, 'autostart', '');
  await expect(embed(page).getByRole('status')).toHaveText('Not started');
  await expect(embed(page).locator('#always-row')).toHaveJSProperty('hidden', true);
  const near = site.replace('127.0.0.1', new URL(fixture.scheduler).hostname);
  await page.goto(near);
  for (const [name, value] of [
    ['join', 'lab,sesame'],
    ['only-groups', ''],
    ['autostart', ''],
  ] as const) {
    await setAttribute(page, name, value);
  }
  const status = embed(page).getByRole('status');
  await expect(embed(page).locator('#groups-note')).toContainText('Only jobs of the group “lab”');
  await press(embed(page).getByText('Choices', { exact: true }));
  const always = embed(page).getByLabel('Start by itself on');
  const agree = (): Promise<void> =>
    expect
      .poll(async () => {
        if (!(await always.isChecked())) await embed(page).locator('#always-row').click();
        return embed(page)
          .locator('html')
          .evaluate(() => localStorage.getItem('manyhands.always'));
      })
      .toContain('"onlyGroups":true');
  await agree();
  await expect(status).toHaveText('Not started');

  // On another visit the site requests more than the visitor has agreed to, so there is no consent.
  await page.goto(near);
  await setAttribute(page, 'autostart', '');
  await expect(embed(page).locator('#always-row')).toHaveJSProperty('hidden', false);
  await expect(status).toHaveText('Not started');
  await setAttribute(page, 'join', 'lab,sesame sea,salt');
  await expect(status).toHaveText(/Connected|Working/);
  await press(embed(page).getByRole('button', { name: 'Stop', exact: true }));
  await expect(status).toHaveText('Stopped');
  await setAttribute(page, 'lang', 'de');
  await expect(status).toHaveText('Angehalten');
  await page.goto(near);
  await setAttribute(page, 'join', 'lab,sesame');
  await setAttribute(page, 'autostart', '');
  await expect(embed(page).locator('#always-row')).toHaveJSProperty('hidden', false);
  await expect(status).toHaveText('Not started');
  expect(everybodys.status.computed).toBe(0);
});

test('the element reports an invalid attribute and an unreachable scheduler to the site', async ({
  site,
  page,
}) => {
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(`${site}mistakes`);
  await expect(page.locator('html')).toHaveAttribute('data-heard', ' INVALID_ARGUMENT CONNECT_FAILED');
  const all = said.join('\n');
  await expect(page.getByText('127.0.0.1:9 is not responding.')).toBeVisible();
  const mistakes = [
    'cores="lots"',
    'share="50%"',
    'lang="fr"',
    'theme="blue"',
    'the attribute join is invalid',
  ];
  for (const text of ['needs the attribute scheduler', 'gets no response from', ...mistakes]) {
    expect(all).toContain(text);
  }
});
