/** `manyhands scheduler`: runs a scheduler in this process until a signal. @module */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { ManyhandsError } from '../../entry/texts.node.js';
import {
  LOG_FORMATS,
  LOG_LEVELS,
  logLines,
  startScheduler,
  type LogFormat,
  type LogLevel,
  type Scheduler,
} from '../../entry/scheduler.node.js';
import { examples } from '../console/help.js';
import { lanAddress } from '../options/lan-address.js';
import { dataDirOption, wholeNumber } from '../options/options.js';
import { qrCode } from '../console/qr-code.js';
import { untilSignal } from '../console/until-signal.js';
import { parseCredits } from '../options/parse-options.js';

const SECOND_MS = 1_000;
const DRAIN_SECONDS_DEFAULT = 10;
const DRAIN_SECONDS_MAX = 86_400;
const SOCKETS_LIMIT = 1_000_000;

interface Options {
  port: number;
  host?: string;
  lan?: boolean;
  dataDir: string;
  minimumPrice?: string;
  tls?: 'self-signed';
  sandboxOrigins?: string[];
  allowWebOrigin?: string[];
  publicUrl?: string[];
  wheels?: string[];
  worktimeFolder?: string[];
  sockets?: number;
  logFormat?: LogFormat;
  logLevel: LogLevel;
  drainSeconds: number;
  tlsCert?: string;
  tlsKey?: string;
  json?: boolean;
}

export function schedulerCommand(): Command {
  return new Command('scheduler')
    .description('Run a scheduler: jobs, leases, results and credits in one data folder.')
    .option('-p, --port <number>', 'TCP port, 0 for a free one', wholeNumber(0, 65_535), 8_462)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .addOption(new Option('--lan', 'listen on the whole network').conflicts('host'))
    .addOption(dataDirOption('folder for all data'))
    .option('--minimum-price <credits>', 'minimum price of a slice, credits (default: 0)', (text: string) => {
      parseCredits(text);
      return text;
    })
    .option(
      '--sandbox-origins <origins>',
      'origins of other sites of this scheduler, separated by commas: one process for each deployer',
      (text: string) => text.split(','),
    )
    .option(
      '--allow-web-origin <origin>',
      'another site whose pages may use this scheduler, or "*"; can be repeated',
      collect,
    )
    .option(
      '--public-url <url>',
      'another URL of this scheduler, for example of a reverse proxy; can be repeated',
      collect,
    )
    .option('--wheels <folder>', 'Python packages that all jobs may use; can be repeated', collect)
    .option(
      '--worktime-folder <folder>',
      'another release of a worktime, such as an older Pyodide; can be repeated',
      collect,
    )
    .option('--tls-cert <file>', 'serve https and wss with this certificate, in PEM; needs --tls-key')
    .option('--tls-key <file>', "the certificate's key, in PEM, without a passphrase")
    .addOption(
      new Option('--tls <kind>', 'serve https and wss with a certificate that is created here, for --lan')
        .choices(['self-signed'])
        .conflicts(['tlsCert', 'tlsKey']),
    )
    .option(
      '--sockets <number>',
      'maximum number of open sockets (default: 12000)',
      wholeNumber(1, SOCKETS_LIMIT),
    )
    .addOption(
      new Option('--log-format <format>', 'text, or one line of JSON for each event').choices(LOG_FORMATS),
    )
    .addOption(
      new Option('--log-level <level>', 'minimum level that is logged').choices(LOG_LEVELS).default('info'),
    )
    .option(
      '--drain-seconds <number>',
      'maximum time to wait for leases after SIGTERM',
      wholeNumber(0, DRAIN_SECONDS_MAX),
      DRAIN_SECONDS_DEFAULT,
    )
    .option('--json', 'print one line of JSON when ready, and log in JSON')
    .addHelpText(
      'after',
      examples(
        ['manyhands scheduler', 'on http://localhost:8462, for this machine'],
        ['manyhands scheduler --lan --port 80', 'for the whole network'],
        ['manyhands scheduler --lan --tls self-signed', 'with https, which phones need for all features'],
        ['manyhands scheduler --data-dir ./data', 'with its data in a given folder'],
      ),
    )
    .action(runScheduler);
}

const collect = (one: string, before: string[] = []): string[] => [...before, one];

async function runScheduler(options: Options): Promise<void> {
  const {
    json = false,
    lan = false,
    tls,
    tlsCert,
    tlsKey,
    allowWebOrigin,
    publicUrl,
    worktimeFolder,
    ...others
  } = options;
  const { logFormat, logLevel, drainSeconds, ...rest } = others;
  const scheduler = await startScheduler({
    ...rest,
    allowWebOrigins: allowWebOrigin,
    publicUrls: publicUrl,
    worktimeFolders: worktimeFolder,
    tls: tls ?? (await readPair(tlsCert, tlsKey)),
    host: rest.host ?? (lan ? '0.0.0.0' : '127.0.0.1'),
    log: logLines({
      write: (line) => console.error(line),
      format: logFormat ?? (json ? 'json' : 'text'),
      level: logLevel,
    }),
  });
  const { url, port, dataDir, fingerprint } = scheduler;
  if (json) console.log(JSON.stringify({ url, port, dataDir, fingerprint }));
  else printReady(scheduler, lan, tls === 'self-signed');
  const secondSignal = new AbortController();
  const signal = await Promise.race([untilSignal(() => secondSignal.abort()), scheduler.drained]);
  // SIGTERM comes from a supervisor, so the scheduler drains first. Ctrl-C or a second signal does not wait.
  if (signal === 'SIGTERM') {
    const skipDrain = new Promise((resolve) => secondSignal.signal.addEventListener('abort', resolve));
    await Promise.race([scheduler.drain(drainSeconds * SECOND_MS), skipDrain]);
  }
  await scheduler.close();
}

function printReady(
  { url, port, dataDir, fingerprint }: Scheduler,
  lan: boolean,
  isSelfSigned: boolean,
): void {
  console.log(`A scheduler listens on ${url}`);
  const address = lan ? lanAddress() : undefined;
  if (address !== undefined) {
    const shown = `${new URL(url).protocol}//${address}:${port}`;
    console.log(`On the network: ${shown}`);
    if (process.stdout.isTTY) console.log(`\n${qrCode(shown)}\n`);
  }
  if (fingerprint !== undefined) console.log(`SHA-256 of its certificate: ${fingerprint}`);
  if (isSelfSigned) {
    console.log('Browsers ask once whether to trust it: compare the SHA-256. For programs in Node set');
    console.log(`  NODE_EXTRA_CA_CERTS=${join(dataDir, 'tls', 'cert.pem')}`);
  }
  console.log(`Its data folder is ${dataDir}. Donors open the address in a browser. Ctrl-C stops it.`);
}

async function readPair(
  cert: string | undefined,
  key: string | undefined,
): Promise<{ cert: Uint8Array; key: Uint8Array } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? '--tls-cert' : '--tls-key';
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `TLS needs a certificate and its key: ${missing} is missing.`,
    );
  }
  return { cert: await readPem(cert), key: await readPem(key) };
}

async function readPem(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ManyhandsError('TLS_UNUSABLE', `${file} cannot be read: ${why}`, { file }, { cause });
  }
}
