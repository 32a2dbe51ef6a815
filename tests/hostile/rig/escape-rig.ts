/**
 * What the escape tests stand on: a scheduler process, a browser with a donor's page in it, and listeners. Channels run
 * as whole jobs from this process, which is the deployer.
 * @module
 */
import '../../e2e/rig/home.js';
import { build } from 'esbuild';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { computeFor, init, isError } from 'manyhands';
import { startSchedulerProcess } from '../../e2e/rig/processes.js';
import type { Channel, Targets } from '../channels/channel.js';
import { LISTENER_NAMES, WATCHED_NAMES, type TestBrowser } from './test-browser.js';
import { startListeners, type Listeners } from './listeners.js';

export interface Outcome {
  readonly id: string;
  readonly through: boolean;
  /** What stopped it, in the words of the place. */
  readonly why: string;
}

export interface EscapeRig {
  readonly scheduler: string;
  readonly browser: TestBrowser;
  readonly listeners: Listeners;
  targets(channel: Channel): Targets;
  /** Runs channels as jobs in the donor's page. */
  attempt(channels: readonly Channel[]): Promise<Outcome[]>;
  close(): Promise<string[]>;
}

const TURNS = 3;
const ATTACK_MS_MAX = 8_000;

export const JS_ATTEMPT = `async (channel) => {
  const late = new Promise((yes) => setTimeout(yes, ${ATTACK_MS_MAX}, ['late']));
  try {
    const attack = (0, eval)('(async (t) => {' + channel.attack + '\\n})');
    const given = await Promise.race([attack(channel.targets), late]);
    const isLate = Array.isArray(given) && given[0] === 'late';
    return { id: channel.id, through: !isLate && Boolean(given), why: isLate ? 'it did not end' : String(given) };
  } catch (error) {
    return { id: channel.id, through: false, why: String(error) };
  }
}`;

export const PYTHON_ATTEMPT = `
import asyncio, textwrap, types

async def attempt(channel):
    names = {}
    try:
        exec("async def attack(t):\\n" + textwrap.indent(channel["attack"], "    "), names)
        t = types.SimpleNamespace(**channel["targets"])
        given = await asyncio.wait_for(names["attack"](t), ${ATTACK_MS_MAX / 1_000})
        return {"id": channel["id"], "through": bool(given), "why": str(given)}
    except BaseException as error:
        return {"id": channel["id"], "through": False, "why": f"{type(error).__name__}: {error}"[:300]}
`;

export async function openEscapeRig(
  open: () => Promise<TestBrowser>,
  { cores = 2 } = {},
): Promise<EscapeRig> {
  const folder = await mkdtemp(join(tmpdir(), 'manyhands-escape-'));
  const secret = join(folder, 'secret.txt');
  await writeFile(secret, 'secret');
  const listeners = await startListeners();
  const scheduler = await startSchedulerProcess(join(folder, 'scheduler'), 0, ['*']);
  const page = await servePage(scheduler.url);
  const browser = await open();
  await browser.open(page.url);
  await browser.evaluate(`hostilePage.start(${JSON.stringify({ scheduler: scheduler.url, cores })})`);
  init({ scheduler: scheduler.url });
  const mapped = browser.name === 'chromium';
  const targets = ({ id, seenBy }: Channel): Targets => {
    const { port, udp } = listeners;
    const name = mapped ? `${id}.${LISTENER_NAMES}` : '127.0.0.1';
    const host = seenBy === 'dns' ? `${id}.${WATCHED_NAMES}` : name;
    const http = `http://${name}:${port}/${id}`;
    return { id, host, port, udp, http, ws: http.replace('http', 'ws'), file: secret, turn: 1 };
  };
  return {
    scheduler: scheduler.url,
    browser,
    listeners,
    targets,
    attempt: (channels) => attempt(channels, targets),
    close: async () => {
      const names = await browser.close();
      await scheduler.close();
      await page.close();
      await listeners.close();
      await rm(folder, { recursive: true, force: true });
      return names;
    },
  };
}

/** Channels that can share a sandbox are one job's slices; each other one is a job. */
async function attempt(
  channels: readonly Channel[],
  targets: (channel: Channel) => Targets,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const worktime of ['map-basic', 'pyodide'] as const) {
    const together = channels.filter((one) => one.worktime === worktime && one.alone !== true);
    if (together.length === 0) continue;
    const data = together.map((one) => ({ id: one.id, attack: one.attack, targets: targets(one) }));
    outcomes.push(...(await run(worktime, data)));
  }
  for (const channel of channels.filter(({ alone }) => alone === true)) {
    const { id, attack, worktime } = channel;
    const data = Array.from({ length: TURNS }, (_, i) => ({
      id,
      attack,
      targets: { ...targets(channel), turn: i + 1 },
    }));
    const turns = await run(worktime, data);
    outcomes.push({
      id,
      through: turns.some(({ through }) => through),
      why: turns.map(({ why }) => why).join('; '),
    });
  }
  return outcomes;
}

/** The outcomes of one job; slices that failed were stopped. */
async function run(
  worktime: Channel['worktime'],
  data: readonly { id: string; attack: string; targets: Targets }[],
): Promise<Outcome[]> {
  const job = computeFor<Outcome>([...data], worktime === 'pyodide' ? PYTHON_ATTEMPT : JS_ATTEMPT);
  job.worktime = worktime;
  job.limits = { sliceTimeoutMs: 3 * ATTACK_MS_MAX };
  try {
    return [...(await job.exec())];
  } catch (error) {
    if (!isError(error, 'SLICES_FAILED')) throw error;
    const { results } = error.info as { results: readonly (Outcome | undefined)[] };
    return data.map(({ id }, i) => results[i] ?? { id, through: false, why: 'its slice was lost' });
  }
}

/** The donor's page on an origin of its own, with the policy that such a page needs. */
async function servePage(scheduler: string): Promise<{ url: string; close(): Promise<void> }> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./hostile-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  });
  const script = result.outputFiles[0]!.text;
  const policy = `default-src 'none'; script-src 'self'; connect-src ${scheduler} ${scheduler.replace('http', 'ws')}; frame-src ${scheduler}`;
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.writeHead(200, {
      'Content-Type': isScript ? 'text/javascript' : 'text/html',
      'Content-Security-Policy': policy,
    });
    response.end(
      isScript ? script : '<!doctype html><title>Donor</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
