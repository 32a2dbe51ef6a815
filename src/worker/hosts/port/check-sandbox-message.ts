/**
 * Validates every message that a sandbox posts: the result is a new object of one of the protocol's message types, within
 * its limits, or the reason to end the sandbox.
 * @module
 */
import { ERROR_BYTES_MAX } from '../../../protocol/limits.js';
import { sandboxMessage, type SandboxToSupervisor } from '../../../protocol/messages/sandbox-messages.js';
import { tryCheck } from '../../../protocol/schema/check.js';
import { ENVELOPE_KIND } from '../../../protocol/segment/envelope.js';
import { SegmentReader } from '../../../protocol/segment/segment.js';

/** The validated message, or a sentence that says what is wrong with it. */
export type Checked = { ok: SandboxToSupervisor } | { violation: string };

/** Validates a posted value; never throws. */
export function checkSandboxMessage(raw: unknown): Checked {
  const checked = tryCheck(sandboxMessage, raw);
  if ('problem' in checked) return violation(`a malformed message: ${checked.problem}`);
  const { ok: message } = checked;
  const wrong = message.type === 'outcomes' ? problemOf(message.segment, message.count) : undefined;
  return wrong === undefined ? checked : violation(wrong);
}

/** Only values and errors may come out of a sandbox; the other kinds are created by the supervisor and the deployer. */
function problemOf(segment: Uint8Array, count: number): string | undefined {
  let reader: SegmentReader;
  try {
    reader = new SegmentReader(segment);
  } catch {
    return 'outcomes that are no segment';
  }
  if (reader.count !== count) return `${reader.count} outcomes as ${count}`;
  if (reader.hasOnly(ENVELOPE_KIND.value)) return undefined;
  for (let i = 0; i < count; i++) {
    const kind = reader.kind(i);
    if (kind === ENVELOPE_KIND.value) continue;
    if (kind !== ENVELOPE_KIND.error) return `an outcome of kind ${kind}`;
    if (reader.body(i).byteLength > ERROR_BYTES_MAX) return `an error of more than ${ERROR_BYTES_MAX} bytes`;
  }
  return undefined;
}

function violation(what: string): Checked {
  return { violation: `The sandbox posted ${what}.` };
}
