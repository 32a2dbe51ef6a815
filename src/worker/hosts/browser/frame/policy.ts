/**
 * Whether the content security policy of this document's response is in force, and lets it connect to nobody.
 * @module
 */
import { systemClock } from '../../../../lib/clock.js';

/** It reaches nobody, and only a policy can refuse it. */
const PROBE_URL = 'data:,';
/** The browser tells of what it refused in the next turns. */
const WORD_MS_MAX = 2_000;

/**
 * By what a browser refuses, and by the policy that it then names: `connect-src *` refuses the probe too. It prints
 * what it refused in the console.
 */
export async function mayNotConnect(): Promise<boolean> {
  const word = new Promise<boolean>((resolve) => {
    const onViolation = (event: SecurityPolicyViolationEvent): void => {
      const { disposition, effectiveDirective, originalPolicy } = event;
      if (disposition !== 'enforce' || effectiveDirective !== 'connect-src') return;
      // Each policy has a word of its own, and one that allows nothing is enough.
      if (allowsNoConnection(originalPolicy)) resolve(true);
    };
    document.addEventListener('securitypolicyviolation', onViolation);
    systemClock.after(WORD_MS_MAX, () => {
      document.removeEventListener('securitypolicyviolation', onViolation);
      resolve(false);
    });
  });
  const reached = await fetch(PROBE_URL).then(
    () => true,
    () => false,
  );
  return !reached && word;
}

/** Source: https://www.w3.org/TR/CSP3/#parse-serialized-policy, by which the first of two directives of a name counts. */
export function allowsNoConnection(policy: string): boolean {
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/));
  const named = (name: string): string[] | undefined =>
    directives.find(([first]) => first?.toLowerCase() === name);
  const [, ...sources] = named('connect-src') ?? named('default-src') ?? ['', '*'];
  return sources.length === 0 || (sources.length === 1 && sources[0]!.toLowerCase() === "'none'");
}
