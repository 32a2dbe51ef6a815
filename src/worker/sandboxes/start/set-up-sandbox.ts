/**
 * Starts a sandbox that has no job yet and waits for its first answer: a warm runtime, or a snapshot. Whoever takes it
 * over hears from then on what it says.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { fromWireError, ManyhandsError } from '../../../lib/errors.js';
import type { SetupReply, SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import { checkSandboxMessage } from '../../hosts/port/check-sandbox-message.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../../hosts/port/sandbox-host.js';

/** From asking for it to its answer, milliseconds: Python may start cold in there. */
const SETUP_MS_MAX = 120_000;

export interface EmptySandbox {
  readonly sandbox: Sandbox;
  readonly answer: Extract<SetupReply, { type: 'warmed' | 'snapshot' }>;
  /** Who hears of it from now on; until then nobody does. */
  setHandlers(handlers: SandboxHandlers): void;
}

/**
 * `owner`: a name that nobody else's sandboxes are started under.
 * @throws what the host cannot do, ISOLATION_UNAVAILABLE where the sandbox ends or does not answer, and what it
 *   refuses with
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
  // Rejected before it is awaited where the sandbox dies while it starts.
  answered.catch(() => undefined);
  const fail = (text: string): void => settle?.reject(new ManyhandsError('ISOLATION_UNAVAILABLE', text));
  let handlers: SandboxHandlers = {
    message: (raw) => {
      const checked = checkSandboxMessage(raw);
      if ('violation' in checked) return fail(checked.violation);
      const { ok } = checked;
      if (ok.type === 'warmed' || ok.type === 'snapshot') settle?.resolve(ok);
      else if (ok.type === 'warm-failed') settle?.reject(fromWireError(ok.error));
      else if (ok.type !== 'console') fail('A sandbox without a job spoke of one.');
    },
    exit: fail,
  };
  const cancel = clock.after(SETUP_MS_MAX, () => fail('A runtime did not start in time.'), {
    background: true,
  });
  const onAbort = (): void => fail('The worker was stopped.');
  signal?.addEventListener('abort', onAbort);
  let sandbox: Sandbox | undefined;
  try {
    signal?.throwIfAborted();
    sandbox = await host.start(owner, {
      message: (raw) => handlers.message(raw),
      exit: (reason, isShared) => handlers.exit(reason, isShared),
    });
    sandbox.send(message);
    const answer = await answered;
    return { sandbox, answer, setHandlers: (next) => (handlers = next) };
  } catch (error) {
    sandbox?.kill();
    throw error;
  } finally {
    cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
