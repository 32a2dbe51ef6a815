/**
 * Starts a sandbox without a job and waits for its first answer: a started runtime, or a snapshot. The caller then sets
 * the handlers for later messages.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { fromWireError, ManyhandsError } from '../../../lib/errors.js';
import type { SetupReply, SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import { checkSandboxMessage } from '../../hosts/port/check-sandbox-message.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../../hosts/port/sandbox-host.js';

/** Maximum time for the set-up, milliseconds: it may include a cold start of Python. */
const SETUP_MS_MAX = 120_000;

export interface EmptySandbox {
  readonly sandbox: Sandbox;
  readonly answer: Extract<SetupReply, { type: 'warmed' | 'snapshot' }>;
  /** Whether it has ended since; its end may come together with the answer. */
  readonly hasEnded: boolean;
  /** Sets the handlers of later messages; until then they are ignored. */
  setHandlers(handlers: SandboxHandlers): void;
}

/**
 * `owner`: a name under which no other sandboxes are started.
 * @throws the errors of the host, ISOLATION_UNAVAILABLE where the sandbox ends or does not answer, and the error with
 *   which the sandbox refuses
 */
export async function setUpSandbox(
  host: SandboxHost,
  clock: Clock,
  owner: string,
  message: Extract<SupervisorToSandbox, { type: 'warm' | 'make-snapshot' }>,
  signal?: AbortSignal,
): Promise<EmptySandbox> {
  let settle: { resolve(answer: EmptySandbox['answer']): void; reject(error: Error): void } | undefined;
  const answered = new Promise<EmptySandbox['answer']>((resolve, reject) => (settle = { resolve, reject }));
  // Prevents an unhandled rejection if the sandbox ends while the host starts it.
  answered.catch(() => undefined);
  const fail = (text: string): void => settle?.reject(new ManyhandsError('ISOLATION_UNAVAILABLE', text));
  let handlers: SandboxHandlers = {
    message: (raw) => {
      const checked = checkSandboxMessage(raw);
      if ('violation' in checked) return fail(checked.violation);
      const { ok } = checked;
      if (ok.type === 'warmed' || ok.type === 'snapshot') settle?.resolve(ok);
      else if (ok.type === 'warm-failed') settle?.reject(fromWireError(ok.error));
      else if (ok.type !== 'console') fail('A sandbox without a job reported on one.');
    },
    exit: fail,
  };
  const cancel = clock.after(SETUP_MS_MAX, () => fail('A runtime did not start in time.'), {
    background: true,
  });
  const onAbort = (): void => fail('The worker was stopped.');
  signal?.addEventListener('abort', onAbort);
  let hasEnded = false;
  let starting: Promise<Sandbox> | undefined;
  let sandbox: Sandbox | undefined;
  try {
    signal?.throwIfAborted();
    starting = host.start(owner, {
      message: (raw) => handlers.message(raw),
      exit: (reason, isShared) => {
        hasEnded = true;
        handlers.exit(reason, isShared);
      },
    });
    // The time limit holds for a host that does not answer, too.
    sandbox = await Promise.race([starting, answered.then(() => starting!)]);
    sandbox.send(message);
    const answer = await answered;
    return {
      sandbox,
      answer,
      get hasEnded() {
        return hasEnded;
      },
      setHandlers: (next) => (handlers = next),
    };
  } catch (error) {
    // A sandbox that starts after its time is not kept.
    if (sandbox === undefined)
      starting?.then(
        (late) => late.kill(),
        () => undefined,
      );
    else sandbox.kill();
    throw error;
  } finally {
    cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
