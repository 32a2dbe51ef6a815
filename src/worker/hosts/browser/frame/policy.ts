/**
 * Checks that the content security policy of this document is enforced and allows no connection.
 * @module
 */
import { systemClock } from '../../../../lib/clock.js';

/** Fetching this needs no network: only a policy can refuse it. */
const PROBE_URL = 'data:,';
/** Browsers report violations asynchronously; maximum wait, milliseconds. */
const REPORT_MS_MAX = 2_000;

/**
 * Uses the violation report for a probe and the policy in it, since `connect-src *` refuses the probe too. The browser
 * logs the refusal in the console.
 */
export async function mayNotConnect(): Promise<boolean> {
  const violated = new Promise<boolean>((resolve) => {
    const onViolation = (event: SecurityPolicyViolationEvent): void => {
      const { disposition, effectiveDirective, originalPolicy } = event;
      if (disposition !== 'enforce' || effectiveDirective !== 'connect-src') return;
      // Each policy is reported separately; one that allows nothing is enough.
      if (allowsNoConnection(originalPolicy)) resolve(true);
    };
    document.addEventListener('securitypolicyviolation', onViolation);
    systemClock.after(REPORT_MS_MAX, () => {
      document.removeEventListener('securitypolicyviolation', onViolation);
      resolve(false);
    });
  });
  const reached = await fetch(PROBE_URL).then(
    () => true,
    () => false,
  );
  return !reached && violated;
}

/** Source: https://www.w3.org/TR/CSP3/#parse-serialized-policy: of two directives with the same name the first applies. */
export function allowsNoConnection(policy: string): boolean {
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/));
  const named = (name: string): string[] | undefined =>
    directives.find(([first]) => first?.toLowerCase() === name);
  const [, ...sources] = named('connect-src') ?? named('default-src') ?? ['', '*'];
  return sources.length === 0 || (sources.length === 1 && sources[0]!.toLowerCase() === "'none'");
}
