/**
 * A donor's command line against a scheduler of the local network: TLS with a certificate that it made itself, what the
 * worker tells in JSON, and its end in a hurry.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli, type Running } from './fixtures/cli.js';

const LONG = `(datum) => {
  const end = Date.now() + 60_000;
  while (Date.now() < end) progress(0.5);
  return datum;
}`;

let cli: Cli;
let scheduler: { running: Running; url: string; dataDir: string; fingerprint?: string };
let trust: { NODE_EXTRA_CA_CERTS: string };
beforeAll(async () => {
  cli = await Cli.open();
  scheduler = await cli.startScheduler('--tls', 'self-signed');
  trust = { NODE_EXTRA_CA_CERTS: join(scheduler.dataDir, 'tls', 'cert.pem') };
});
afterAll(() => cli.end());

/** The certificate of the scheduler's TLS connection; it must equal the one in its folder. */
async function shown(): Promise<{ status: number | undefined; fingerprint: string }> {
  const ca = await readFile(trust.NODE_EXTRA_CA_CERTS);
  return new Promise((resolve, reject) => {
    const asked = request(`${scheduler.url}/healthz`, { ca }, (answer) => {
      const { fingerprint256 } = (
        answer.socket as unknown as { getPeerCertificate(): { fingerprint256: string } }
      ).getPeerCertificate();
      answer.resume().on('end', () => resolve({ status: answer.statusCode, fingerprint: fingerprint256 }));
    });
    asked.on('error', reject).end();
  });
}

it('manyhands scheduler serves https with a self-signed certificate, and prints its fingerprint', async () => {
  expect(scheduler.url).toMatch(/^https:\/\/localhost:\d+$/);
  expect(await shown()).toEqual({ status: 200, fingerprint: scheduler.fingerprint });
});

it('a worker refuses the self-signed certificate of a scheduler unless it is named, and prints what to do', async () => {
  const { code, stderr } = await cli.run(['worker', '--isolation', 'thread', '-s', scheduler.url]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/certificate is not trusted here .*NODE_EXTRA_CA_CERTS.*\[CONNECT_FAILED\]\n$/);
});

it('manyhands worker prints its events as JSON, and a second signal ends it without waiting for a long slice', async () => {
  const script = `
    import { computeFor, init } from '${new URL('../../dist/entry/deployer.node.js', import.meta.url).href}';
    init({ scheduler: '${scheduler.url}' });
    const job = computeFor([1, 2, 3], ${JSON.stringify(LONG)});
    job.public.name = 'A long one';
    await job.deploy();
    process.exit();`;
  await writeFile(cli.path('deploy.mjs'), script);
  const args = ['worker', '--isolation', 'thread', '--cores', '1', '--output', 'json', '-s', scheduler.url];
  const worker = cli.start(args, trust);
  await worker.outputMatch(/"event":"start"/);
  const env = { ...process.env, ...trust, MANYHANDS_HOME: cli.home };
  await promisify(execFile)(process.execPath, [cli.path('deploy.mjs')], { env });
  await worker.outputMatch(/"event":"sandbox".*"state":"ready"/);
  worker.signal('SIGTERM');
  await worker.outputMatch(/"event":"return"/);
  const ended = await worker.kill('SIGTERM');
  expect(ended).toMatchObject({ code: 130, stderr: '' });
  const events = ended.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { at: string; event: string; name?: string; slices?: number });
  expect(events.find(({ event }) => event === 'job')).toMatchObject({ name: 'A long one' });
  expect(events.at(-1)).toMatchObject({ event: 'end', slices: 0, earned: '0' });
  expect(events.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
});

it('manyhands worker joins the compute groups of its options, with and without a secret', async () => {
  const groups = ['--join', 'lab,a secret', 'open', '--join', 'other,b', '--leave-public-group'];
  const args = ['worker', '--isolation', 'thread', '--cores', '1', '--output', 'json', ...groups];
  const worker = cli.start([...args, '-s', scheduler.url], trust);
  await worker.outputMatch(/"event":"start"/);
  expect((await worker.kill('SIGTERM')).code).toBe(0);
  const { code, stderr } = await cli.run(['worker', '--join', ',secret', '-s', scheduler.url]);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('joinKey,joinSecret') as string,
  });
});

it('manyhands worker ends with the reason when its isolation is not available', async () => {
  const args = ['worker', '--isolation', 'deno', '--cores', '1', '-s', scheduler.url];
  const { code, stderr } = await cli.run(args, { ...trust, MANYHANDS_DENO: '/nonexistent' });
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('no Deno') as string });
});

it.each<[string, string[]]>([
  ['--leave-public-group', ['worker', '--leave-public-group', '-s', 'http://localhost:1']],
  ['--tls-key is missing', ['scheduler', '--tls-cert', 'a.pem']],
])('manyhands worker refuses an option without the option that it needs: %s', async (text, args) => {
  const { code, stderr } = await cli.run(args);
  expect(code).toBe(2);
  expect(stderr).toContain('[INVALID_ARGUMENT]');
  expect(stderr + args.join(' ')).toContain(text);
});

it('manyhands worker refuses a file that is not a certificate with a readable message', async () => {
  await writeFile(cli.path('no.pem'), 'no');
  for (const file of ['no.pem', 'missing.pem']) {
    const pair = ['--tls-cert', cli.path(file), '--tls-key', cli.path('no.pem')];
    const { code, stderr } = await cli.run(['scheduler', '-p', '0', '-d', cli.path('data'), ...pair]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^manyhands: .*(cannot be read).*\[TLS_UNUSABLE\]\n$/);
  }
});
