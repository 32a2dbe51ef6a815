/**
 * Converts the messages of esbuild to coded errors that name the file and line.
 * @module
 */
import type { Message } from 'esbuild';
import { ManyhandsError } from '../lib/errors.js';

/** Messages in one error; the others are counted. */
const SHOWN_MAX = 5;

/** `what`: what could not be bundled, as the beginning of a sentence. */
export function bundleError(what: string, cause: unknown): ManyhandsError {
  const found = (cause as { errors?: Message[] } | null)?.errors;
  if (!Array.isArray(found) || found.length === 0) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new ManyhandsError('WORK_FUNCTION_INVALID', `${what} cannot be bundled: ${why}`, {}, { cause });
  }
  const shown = found.slice(0, SHOWN_MAX).map(describeMessage);
  const more = found.length > SHOWN_MAX ? `; and ${found.length - SHOWN_MAX} more` : '';
  const place = placeOf(found[0]!);
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `${what} cannot be bundled: ${shown.join('; ')}${more}.`,
    place === undefined ? {} : { place },
    { cause },
  );
}

/** The text of a message after its place. */
export function describeMessage(message: Message): string {
  const place = placeOf(message);
  const text = adviseOn(message.text);
  return place === undefined ? text : `${place}: ${text}`;
}

/** As 'file:line:column'; the column counts from 1. */
function placeOf({ location }: Message): string | undefined {
  return location === null ? undefined : `${location.file}:${location.line}:${location.column + 1}`;
}

function adviseOn(text: string): string {
  const computed =
    /^(?:This "(import)" expression|This call to "(require)"|Indirect calls to "(require)") will not be bundled/.exec(
      text,
    );
  if (computed !== null) {
    const name = computed.slice(1).find((found) => found !== undefined);
    return `${name} of a computed name finds no module in a sandbox; write the name as a literal`;
  }
  const specifier = /^Could not resolve "([^"]+)"$/.exec(text)?.[1];
  if (specifier === undefined) return text;
  const isPackage = !/^[./]/.test(specifier);
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
  return isPackage ? `${specifier} is not found: npm i ${name}` : `${specifier} is not found`;
}
