/**
 * The error of a connection that could not be opened: the reason as a code for programs (`info.reason`) and as a sentence, and
 * what to do.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

/** What to do, by the reason in the error's `info.reason`. */
const ADVICE = {
  refused: 'Is a scheduler running there? Start one with `npx manyhands scheduler`.',
  'not-found': 'Check the host in the address.',
  tls: 'Check the address and the certificate of the scheduler.',
  timeout: 'Check the address, and firewalls and proxies on the way.',
  'not-a-scheduler':
    'Check the port and the path of the address, or start one with `npx manyhands scheduler`.',
  /** Browsers give pages no reason. */
  'no-answer': 'Is a scheduler running there? Start one with `npx manyhands scheduler`.',
  address: 'Write it like http://localhost:8462.',
  aborted: 'It may be tried again.',
} as const;

export type ConnectFailure = keyof typeof ADVICE;

/** `why` is a clause such as `nothing answers there`; `advice` replaces that of the reason. */
export function connectFailed(
  url: string,
  reason: ConnectFailure,
  why: string,
  cause?: unknown,
  advice: string = ADVICE[reason],
): ManyhandsError<'CONNECT_FAILED'> {
  const text = `No connection to ${url}: ${why}. ${advice}`;
  return new ManyhandsError('CONNECT_FAILED', text, { url, reason }, { cause });
}

/** The same from an error of a socket in Node. */
export function connectFailedInNode(
  url: string,
  cause: Error & { code?: string },
): ManyhandsError<'CONNECT_FAILED'> {
  const { code = '', message } = cause;
  const fail = (reason: ConnectFailure, why: string, advice?: string): ManyhandsError<'CONNECT_FAILED'> =>
    connectFailed(url, reason, why, cause, advice);
  if (code === 'ECONNREFUSED') return fail('refused', 'nothing listens there');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fail('not-found', 'that host name is not known');
  if (code === 'ETIMEDOUT' || /handshake has timed out/i.test(message)) {
    return fail('timeout', 'nothing answered in time');
  }
  if (/SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)) {
    const advice =
      'Where the scheduler made its certificate itself, start this program with NODE_EXTRA_CA_CERTS set to a copy of ' +
      'the file tls/cert.pem in its data folder.';
    return fail('tls', `its certificate is not trusted here (${message})`, advice);
  }
  if (/^(CERT_|ERR_TLS_)/.test(code)) return fail('tls', `its certificate does not fit (${message})`);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return fail('tls', 'it does not speak TLS as it should', 'Is it http and not https there?');
  }
  const status = /^Unexpected server response: (\d+)$/.exec(message)?.[1];
  if (status === '503')
    return fail('refused', 'it has no room for one more connection (HTTP 503)', 'Try again later.');
  if (status !== undefined) {
    return fail('not-a-scheduler', `what answers there is no manyhands scheduler (HTTP ${status})`);
  }
  if (code === 'ECONNRESET' || code.startsWith('HPE_')) {
    const advice = 'Is it https and not http there, or something else than a manyhands scheduler?';
    return fail('not-a-scheduler', 'what answers there hung up', advice);
  }
  return fail('no-answer', message === '' ? 'the network refused' : message);
}
