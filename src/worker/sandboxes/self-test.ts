/**
 * What a worker's sandboxes can run, found out by a tiny job of our own in a real one, before anybody's work is asked
 * for: a machine that can load nothing would end the jobs of others.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { ManyhandsError } from '../../lib/errors.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { encodeValue } from '../../protocol/values/values.js';
import { checkSandboxMessage } from '../hosts/port/check-sandbox-message.js';
import type { Sandbox, SandboxHost } from '../hosts/port/sandbox-host.js';

/** From asking for the sandbox to its answer, milliseconds: a browser may have to be started for it. */
const TEST_MS_MAX = 120_000;
/** A function that answers 42, and whether the smallest module of WebAssembly compiles here. */
const SOURCE = `() => {
  try {
    return [42, new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) !== undefined];
  } catch {
    return [42, false];
  }
}`;

export interface SelfTestResult {
  /** Of those that were asked about: what can run here. */
  readonly worktimes: WorktimeName[];
  /** What cannot, and why, in sentences for people; empty where all can. */
  readonly missing: string[];
}

/**
 * Starts one sandbox and runs a slice in it.
 * @throws ISOLATION_UNAVAILABLE where nothing can run, with the reason
 */
export async function testSandboxes(
  host: SandboxHost,
  clock: Clock,
  worktimes: readonly WorktimeName[],
): Promise<SelfTestResult> {
  const hasWebAssembly = await runTest(host, clock, worktimes);
  if (hasWebAssembly) return { worktimes: [...worktimes], missing: [] };
  const missing = worktimes.filter(({ name }) => name !== 'map-basic').map(({ name }) => wordsOf(name));
  return { worktimes: worktimes.filter(({ name }) => name === 'map-basic'), missing };
}

function wordsOf(worktime: string): string {
  const what = worktime === 'pyodide' ? 'Python' : `The worktime ${worktime}`;
  return `${what} needs WebAssembly, which the sandboxes of this machine do not have.`;
}

async function runTest(
  host: SandboxHost,
  clock: Clock,
  worktimes: readonly WorktimeName[],
): Promise<boolean> {
  const worktime = worktimes.find(({ name }) => name === 'map-basic')!;
  let sandbox: Sandbox | undefined;
  let cancel = (): void => undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(
          new ManyhandsError('ISOLATION_UNAVAILABLE', `The sandboxes of this machine run nothing. ${why}`),
        );
      cancel = clock.after(TEST_MS_MAX, () => fail('The test of one gave no answer in time.'));
      const heard = (message: SandboxToSupervisor): void => {
        if (message.type === 'assign-failed') return fail(message.error.message);
        if (message.type === 'assigned') return sandbox?.send(sliceOfTest());
        if (message.type !== 'outcomes') return;
        const answer = answerOf(message.segment);
        if (answer === undefined) fail('A function that gives a known value gave another.');
        else resolve(answer);
      };
      host
        .start('spare:self-test', {
          message: (raw) => {
            const checked = checkSandboxMessage(raw);
            if ('violation' in checked) fail(checked.violation);
            else heard(checked.ok);
          },
          exit: fail,
        })
        .then((started) => {
          sandbox = started;
          const assignment = { package: packageOfTest(worktime), blobs: {}, worktime, assets: {} };
          started.send({ type: 'assign', assignment });
        })
        .catch(reject);
    });
  } finally {
    cancel();
    sandbox?.kill();
  }
}

function sliceOfTest(): { type: 'run'; batch: number; inputs: TestInput[]; reportEach: boolean } {
  const input = { kind: 'range' as const, start: 0, step: 1, count: 1 };
  return { type: 'run', batch: 1, inputs: [{ first: 1, input }], reportEach: false };
}

interface TestInput {
  first: number;
  input: { kind: 'range'; start: number; step: number; count: number };
}

/** Whether there is WebAssembly; undefined where the answer is not the one of the function. */
function answerOf(segment: Uint8Array): boolean | undefined {
  try {
    const value = new SegmentReader(segment).value(0) as unknown[];
    return value[0] === 42 && typeof value[1] === 'boolean' ? value[1] : undefined;
  } catch {
    return undefined;
  }
}

function packageOfTest({ name, version }: WorktimeName): Uint8Array {
  return encodeJobPackage({
    version: 2,
    worktime: { name, range: `^${version}` },
    source: { inline: new TextEncoder().encode(SOURCE) },
    sourceKind: 'function',
    args: { inline: encodeValue([]) },
    env: {},
    requirements: {},
    groups: [{ key: 'public' }],
    votes: 1,
    public: { name: 'Self test', description: '', link: '' },
    isolation: 'job',
    limits: { sliceTimeoutMs: TEST_MS_MAX, noProgressMs: TEST_MS_MAX },
  });
}
