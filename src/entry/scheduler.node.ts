/**
 * A scheduler in this process, with the system clock, real sockets, and SQLite and files in one data folder.
 * @module
 */
import { existsSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { describeValue, readOptions, type OptionNames } from '../lib/options.js';
import { systemRandom } from '../lib/crypto/random.js';
import { CONNECTIONS_MAX, SOCKETS_MAX } from '../protocol/limits.js';
import { DEFAULT_SCHEDULER, SOCKET_PATH } from '../protocol/wire/scheduler-url.js';
import { SchedulerNode } from '../scheduler/services/scheduler-node.js';
import { openFileBlobs } from '../scheduler/blobs/file-blobs.js';
import { healthOf, readinessOf, type Health, type Readiness } from '../scheduler/services/health.js';
import { httpHandler } from '../scheduler/http/http.js';
import { limitSockets, timeoutOptions } from '../scheduler/http/socket-limits.js';
import { logLines as makeLogLines, type LogLinesOptions } from '../scheduler/log/log-lines.js';
import { silent, type Log } from '../scheduler/log/log.js';
import { acceptClient, refuseClient } from '../scheduler/sessions/open-session.js';
import { readOperatorToken } from '../scheduler/services/operator-token.js';
import { checkSandboxOrigins } from '../scheduler/http/sandbox-origins.js';
import { ConnectionLimiter } from '../scheduler/http/connection-limiter.js';
import { openStaticFiles } from '../scheduler/http/static-files.js';
import { readOfferedFiles } from '../scheduler/http/offered-files.js';
import { examineDataDir } from '../scheduler/store/sqlite/examine.js';
import { lockFolder } from '../scheduler/store/sqlite/folder-lock.js';
import { DATABASE_FILE, openSqliteStore } from '../scheduler/store/sqlite/sqlite.js';
import type { Store } from '../scheduler/store/port/store.js';
import { checkTlsOption, openTls, type TlsOption } from '../scheduler/tls/open-tls.js';
import { checkPublicUrls, checkWebOrigins, WebOrigins } from '../scheduler/http/web-origins.js';
import type { TlsPair } from '../scheduler/tls/tls-pair.js';
import { acceptNode } from '../transport/accept-node.js';
import type { Connection } from '../transport/transport.js';
import { toUnits } from '../wallet/credits.js';
import { WORKTIMES } from '../worktimes/registry.js';

export { LOG_FORMATS, LOG_LEVELS } from '../scheduler/log/log-lines.js';
export type { LogFormat } from '../scheduler/log/log-lines.js';
export type { Log, LogLevel } from '../scheduler/log/log.js';

/**
 * Creates a log for `startScheduler` that writes one line for each event, with the time, as text or JSON. Control
 * characters in untrusted text are escaped, so that it cannot control a terminal or forge lines.
 */
export function logLines(options: Omit<LogLinesOptions, 'clock'>): Log {
  return makeLogLines({ clock: systemClock, ...options });
}

export interface SchedulerOptions {
  /** TCP port; 0 chooses a free one. @default 8462 */
  port?: number;
  /** Address to listen on; `0.0.0.0` listens on all networks. @default '127.0.0.1' */
  host?: string;
  /** Folder for the database, the blobs and the operator's token. @default ~/.manyhands/scheduler */
  dataDir?: string;
  /** Minimum price of a slice in credits; a job that offers less is refused. @default 0 */
  minimumPrice?: number | string;
  /**
   * Serves only `https` and `wss`, with a certificate and its key in PEM, or with `'self-signed'` for a pair that is
   * created on this machine and kept in the data folder.
   * @default no TLS
   */
  tls?: TlsOption;
  /**
   * Origins of different sites that also serve this scheduler's page, such as other host names of it. Browsers of
   * donors put the frames of different deployers on different origins, and so in different processes.
   * @default []
   */
  sandboxOrigins?: readonly string[];
  /**
   * Folders with other releases of worktimes, such as an older Pyodide: workers run them for jobs that ask for one by
   * `job.worktimeVersion`. Packages in them are offered to all jobs.
   * @default []
   */
  worktimeFolders?: readonly string[];
  /** Folders of packages (wheels) that all jobs may use. @default [] */
  wheels?: readonly string[];
  /**
   * Origins of other sites whose pages may use this scheduler (deploy jobs or compute), or `'*'` for all. Its own
   * pages, also embedded in other sites, and programs are always allowed.
   * @default []
   */
  allowWebOrigins?: readonly string[];
  /**
   * Further URLs of this scheduler besides the name and addresses of this machine, such as that of a reverse proxy.
   * Requests for other hosts are refused.
   * @default []
   */
  publicUrls?: readonly string[];
  /**
   * Maximum number of open sockets, of which five sixths and at most 10,000 may be WebSockets. The process needs a
   * limit of open files that is some hundreds higher.
   * @default 12,000
   */
  sockets?: number;
  /** Receives log events. @default nothing is logged */
  log?: Log;
}

export interface Scheduler {
  /** The URL for deployers, workers and browsers. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** The token that authenticates an operator; it is also in the file `operator.token` of the data folder. */
  readonly operatorToken: string;
  /** SHA-256 of the certificate, as browsers show it; undefined without TLS. */
  readonly fingerprint: string | undefined;
  /** The problems of the store, as sentences; empty if every invariant holds. */
  check(): Promise<string[]>;
  /**
   * Refuses new jobs and grants no leases; `/readyz` reports it. Resolves when no lease is left (true), or after
   * `limitMs` milliseconds (false).
   */
  drain(limitMs?: number): Promise<boolean>;
  /** Resolves when an operator has drained the scheduler. */
  readonly drained: Promise<void>;
  /** Commits all accepted data, closes every socket, and unlocks the data folder. */
  close(): Promise<void>;
}

/**
 * Starts a scheduler.
 * @throws ADDRESS_IN_USE, TLS_UNUSABLE, DATA_DIR_LOCKED, STORE_UNUSABLE, INVALID_ARGUMENT, UNKNOWN_OPTION.
 */
export async function startScheduler(options: SchedulerOptions = {}): Promise<Scheduler> {
  const resolved = resolveOptions(options);
  const { dataDir, log } = resolved;
  const unlock = lockFolder(dataDir);
  let store: Store | undefined;
  try {
    store = openSqliteStore({ dataDir, clock: systemClock, random: systemRandom });
    return await listen(resolved, store, unlock, log);
  } catch (error) {
    await store?.close();
    unlock();
    throw error;
  }
}

/** Whether the folder contains the data of a scheduler. */
export function hasDataDir(dataDir: string): boolean {
  return existsSync(join(dataDir, DATABASE_FILE));
}

/**
 * The problems of a data folder, as sentences; empty if its database pages, invariants and blobs are valid. It writes
 * nothing and may run while the scheduler runs.
 * @throws STORE_UNUSABLE if there is no store
 */
export const checkDataDir = (dataDir: string): Promise<string[]> => examineDataDir(dataDir);

async function listen(options: Resolved, store: Store, unlock: () => void, log: Log): Promise<Scheduler> {
  const { dataDir, host } = options;
  const tls = await openTls(options.tls, dataDir, systemClock.wallMs(), systemRandom);
  const operatorToken = await readOperatorToken(dataDir, systemRandom);
  const blobs = await openFileBlobs(join(dataDir, 'blobs'), systemRandom);
  const folder = fileURLToPath(new URL('../web/', import.meta.url));
  const offered = await readOfferedFiles(options.worktimeFolders, options.wheels);
  const files = await openStaticFiles(folder, options.sandboxOrigins, offered);
  const core = await SchedulerNode.start({
    store,
    blobs,
    clock: systemClock,
    random: systemRandom,
    defer: (fn) => void setImmediate(fn),
    log,
    worktimes: [...WORKTIMES, ...offered.worktimes],
    minimumPrice: options.minimumPrice,
    operatorToken,
  });
  const health = (): Health => healthOf(core);
  const readiness = (): Readiness => readinessOf(core);
  const web = new WebOrigins({ ...options, isSecure: tls !== undefined });
  const server = makeServer(
    tls,
    httpHandler({ blobs, tickets: core.tickets, files, health, readiness, log, web }),
  );
  limitSockets(server, options.sockets, { clock: systemClock, log });
  const accept = (connection: Connection, headers: IncomingHttpHeaders): void => {
    const refusal = web.refusal(headers);
    if (refusal === undefined) return acceptClient(core, connection);
    log('warn', 'refused', { peer: connection.peer, code: refusal.code, reason: refusal.message });
    refuseClient(connection, refusal);
  };
  const acceptor = acceptNode(server, SOCKET_PATH, accept, {
    limiter: new ConnectionLimiter(webSocketsOf(options.sockets)),
  });
  const port = await bind(server, options.port, host).catch(async (error: unknown) => {
    await core.close();
    throw error;
  });
  const url = `http${tls === undefined ? '' : 's'}://${host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : bracket(host)}:${port}`;
  log('info', 'listening', { url, dataDir });
  return {
    url,
    port,
    dataDir,
    operatorToken,
    fingerprint: tls?.fingerprint,
    check: () => store.check(),
    drain: (limitMs) => core.draining.finish(limitMs),
    drained: core.draining.whenDrained,
    close: async () => {
      await core.close();
      await acceptor.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await store.close();
      unlock();
      log('info', 'closed', { url });
    },
  };
}

/** Number of sockets that may be WebSockets; the rest is reserved for blobs and pages. */
const webSocketsOf = (sockets: number): number =>
  Math.min(CONNECTIONS_MAX, Math.ceil((sockets * CONNECTIONS_MAX) / SOCKETS_MAX));

function makeServer(tls: TlsPair | undefined, handler: RequestListener): Server | TlsServer {
  if (tls === undefined) return createServer(timeoutOptions(), handler);
  const { cert, key } = tls;
  return createTlsServer({ ...timeoutOptions(), cert, key }, handler);
}

type Resolved = Required<Omit<SchedulerOptions, 'minimumPrice' | 'tls'>> &
  Pick<SchedulerOptions, 'tls'> & { minimumPrice: bigint };

const NAMES: OptionNames<SchedulerOptions> = {
  port: true,
  host: true,
  dataDir: true,
  minimumPrice: true,
  tls: true,
  sandboxOrigins: true,
  worktimeFolders: true,
  wheels: true,
  allowWebOrigins: true,
  publicUrls: true,
  sockets: true,
  log: true,
};

function resolveOptions(given: SchedulerOptions): Resolved {
  const options = readOptions<SchedulerOptions>(given, 'startScheduler', NAMES);
  const home = process.env.MANYHANDS_HOME || join(homedir(), '.manyhands');
  const { port = Number(new URL(DEFAULT_SCHEDULER).port), sockets = SOCKETS_MAX } = options;
  const { host = '127.0.0.1', dataDir = join(home, 'scheduler'), log = silent } = options;
  check('port', port, 'an integer from 0 to 65535', Number.isInteger(port) && port >= 0 && port <= 65_535);
  check('sockets', sockets, 'an integer above 0', Number.isInteger(sockets) && sockets > 0);
  check('host', host, "an address to listen on, such as '0.0.0.0'", typeof host === 'string' && host !== '');
  check('dataDir', dataDir, 'the path of a folder', typeof dataDir === 'string' && dataDir !== '');
  check('log', log, 'a function of (level, event, fields)', typeof log === 'function');
  return {
    port,
    sockets,
    host,
    dataDir,
    minimumPrice: toUnits(options.minimumPrice ?? 0),
    tls: checkTlsOption(options.tls),
    sandboxOrigins: checkSandboxOrigins(options.sandboxOrigins),
    worktimeFolders: checkFolders('worktimeFolders', options.worktimeFolders),
    wheels: checkFolders('wheels', options.wheels),
    allowWebOrigins: checkWebOrigins(options.allowWebOrigins),
    publicUrls: checkPublicUrls(options.publicUrls),
    log,
  };
}

function check(argument: keyof SchedulerOptions, value: unknown, expected: string, isValid: boolean): void {
  if (isValid) return;
  const text = `startScheduler: ${argument} must be ${expected}, not ${describeValue(value)}.`;
  throw new ManyhandsError('INVALID_ARGUMENT', text, { argument });
}

function checkFolders(
  argument: 'worktimeFolders' | 'wheels',
  given: readonly string[] = [],
): readonly string[] {
  const isList = Array.isArray(given) && given.every((one) => typeof one === 'string' && one !== '');
  check(argument, given, 'an array of paths of folders', isList);
  return given;
}

const bracket = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function bind(server: Server | TlsServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      const message = isTaken
        ? `port ${port} of ${host} is in use: is a scheduler running there already? Choose another port`
        : `cannot listen on ${host}:${port}: ${cause.message}`;
      reject(
        new ManyhandsError(
          isTaken ? 'ADDRESS_IN_USE' : 'INVALID_ARGUMENT',
          message,
          { host, port },
          { cause },
        ),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
