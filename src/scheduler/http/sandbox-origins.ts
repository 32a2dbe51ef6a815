/**
 * Origins besides the scheduler's own that serve the sandbox frame: frames of distinct sites get a process each, so
 * that one deployer's bomb takes no other's work with it. Donors' pages may put them up, and hear of them by the manifest.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { SANDBOX_ORIGINS_MAX } from '../../protocol/limits.js';

/** What pages allow of frames, before there are more origins. */
const OWN_FRAMES = "frame-src 'self'";

/** Throws INVALID_ARGUMENT where one is no origin of http or https. */
export function checkSandboxOrigins(origins: readonly string[] = []): readonly string[] {
  const list: unknown = origins;
  if (!Array.isArray(list) || list.length > SANDBOX_ORIGINS_MAX) {
    throw invalid(`sandboxOrigins must be a list of at most ${SANDBOX_ORIGINS_MAX} origins`);
  }
  for (const origin of list as unknown[]) {
    const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined;
    const fits = url !== undefined && /^https?:$/.test(url.protocol) && url.origin === origin;
    if (!fits)
      throw invalid(`sandboxOrigins: '${String(origin)}' is no origin such as https://box1.example.org`);
  }
  return origins;
}

/** A response's headers, where pages may put up frames of these origins too. */
export function allowFrames(
  headers: Record<string, string>,
  origins: readonly string[],
): Record<string, string> {
  const policy = headers['Content-Security-Policy'];
  if (origins.length === 0 || policy === undefined) return headers;
  const allowed = policy.replace(OWN_FRAMES, `${OWN_FRAMES} ${origins.join(' ')}`);
  return { ...headers, 'Content-Security-Policy': allowed };
}

/** The manifest of assets, with these origins in it. */
export function tellOrigins(manifest: string, origins: readonly string[]): string {
  return JSON.stringify({ ...(JSON.parse(manifest) as object), sandboxOrigins: origins });
}

function invalid(message: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', message, { argument: 'sandboxOrigins' });
}
