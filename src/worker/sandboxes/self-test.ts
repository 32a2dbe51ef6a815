/**
 * Tests what this machine's sandboxes can run, with a small job in a real sandbox, before work is requested: a machine
 * that can run nothing would make jobs fail.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { ManyhandsError } from '../../lib/errors.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { encodeValue } from '../../protocol/values/values.js';
import { DEFAULT_WORKTIME, describeWorktime } from '../../worktimes/registry.js';
import { checkSandboxMessage } from '../hosts/port/check-sandbox-message.js';
import type { Sandbox, SandboxHost } from '../hosts/port/sandbox-host.js';

/** Maximum time for the test, milliseconds: a browser may have to be started for it. */
const TEST_MS_MAX = 120_000;
/** Returns 42, and whether the smallest WebAssembly module compiles. */
const SOURCE = `() => {
  try {
    return [42, new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) !== undefined];
  } catch {
    return [42, false];
  }
}`;

export interface SelfTestResult {
  /** The tested worktimes that can run here. */
  readonly worktimes: WorktimeName[];
  /** One sentence for each worktime that cannot run here, with the reason. */
  readonly missing: string[];
}

/**
 * Starts a sandbox and runs one slice in it.
 * @throws ISOLATION_UNAVAILABLE where no job can run, with the reason
 */
export async function testSandboxes(
  host: SandboxHost,
  clock: Clock,
  worktimes: readonly WorktimeName[],
): Promise<SelfTestResult> {
  const hasWebAssembly = await runTest(host, clock, worktimes);
  if (hasWebAssembly) return { worktimes: [...worktimes], missing: [] };
  const startsWithout = ({ name }: WorktimeName): boolean =>
    describeWorktime(name)?.needsWebAssembly === false;
  const missing = worktimes.filter((one) => !startsWithout(one)).map(({ name }) => explainMissing(name));
  return { worktimes: worktimes.filter(startsWithout), missing };
}

function explainMissing(worktime: string): string {
  const what = describeWorktime(worktime)?.language ?? `The worktime ${worktime}`;
  return `${what} needs WebAssembly, which the sandboxes of this machine do not have.`;
}

async function runTest(
  host: SandboxHost,
  clock: Clock,
  worktimes: readonly WorktimeName[],
): Promise<boolean> {
  const worktime = worktimes.find(({ name }) => name === DEFAULT_WORKTIME)!;
  let sandbox: Sandbox | undefined;
  let cancel = (): void => undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(
          new ManyhandsError(
            'ISOLATION_UNAVAILABLE',
            `The sandboxes of this machine cannot run jobs. ${why}`,
          ),
        );
      cancel = clock.after(TEST_MS_MAX, () => fail('The test sandbox did not answer in time.'));
      const onMessage = (message: SandboxToSupervisor): void => {
        if (message.type === 'assign-failed') return fail(message.error.message);
        if (message.type === 'assigned') return sandbox?.send(testSlice());
        if (message.type !== 'outcomes') return;
        const answer = readResult(message.segment);
        if (answer === undefined) fail('The test function returned a wrong value.');
        else resolve(answer);
      };
      host
        .start('prewarmed:self-test', {
          message: (raw) => {
            const checked = checkSandboxMessage(raw);
            if ('violation' in checked) fail(checked.violation);
            else onMessage(checked.ok);
          },
          exit: fail,
        })
        .then((started) => {
          sandbox = started;
          const assignment = { package: testPackage(worktime), blobs: {}, worktime, assets: {} };
          started.send({ type: 'assign', assignment });
        })
        .catch(reject);
    });
  } finally {
    cancel();
    sandbox?.kill();
  }
}

function testSlice(): { type: 'run'; batch: number; inputs: TestInput[]; reportEach: boolean } {
  const input = { kind: 'range' as const, start: 0, step: 1, count: 1 };
  return { type: 'run', batch: 1, inputs: [{ first: 1, input }], reportEach: false };
}

interface TestInput {
  first: number;
  input: { kind: 'range'; start: number; step: number; count: number };
}

/** Whether WebAssembly is available; undefined where the result is not that of the test function. */
function readResult(segment: Uint8Array): boolean | undefined {
  try {
    const value = new SegmentReader(segment).value(0) as unknown[];
    return value[0] === 42 && typeof value[1] === 'boolean' ? value[1] : undefined;
  } catch {
    return undefined;
  }
}

function testPackage({ name, version }: WorktimeName): Uint8Array {
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
