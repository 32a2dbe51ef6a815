/**
 * Additional origins that serve the sandbox frame: browsers run frames of distinct sites in separate processes, so a crash
 * caused by one deployer's job does not end another's. Donors' pages may embed them, and read them from the manifest.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { SANDBOX_ORIGINS_MAX } from '../../protocol/limits.js';

/** The CSP directive of pages without additional origins. */
const OWN_FRAMES = "frame-src 'self'";

/** @throws INVALID_ARGUMENT when one is not an http or https origin, or there are too many */
export function checkSandboxOrigins(origins: readonly string[] = []): readonly string[] {
  const list: unknown = origins;
  if (!Array.isArray(list) || list.length > SANDBOX_ORIGINS_MAX) {
    throw invalid(`sandboxOrigins must be a list of at most ${SANDBOX_ORIGINS_MAX} origins`);
  }
  for (const origin of list as unknown[]) {
    const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined;
    const fits = url !== undefined && /^https?:$/.test(url.protocol) && url.origin === origin;
    if (!fits)
      throw invalid(`sandboxOrigins: '${String(origin)}' is not an origin such as https://box1.example.org`);
  }
  return origins;
}

/** The response headers, with these origins added to the CSP's `frame-src`. */
export function allowFrameOrigins(
  headers: Record<string, string>,
  origins: readonly string[],
): Record<string, string> {
  const policy = headers['Content-Security-Policy'];
  if (origins.length === 0 || policy === undefined) return headers;
  const allowed = policy.replace(OWN_FRAMES, `${OWN_FRAMES} ${origins.join(' ')}`);
  return { ...headers, 'Content-Security-Policy': allowed };
}

/** The manifest of assets as JSON text, with these origins added. */
export function addSandboxOrigins(manifest: string, origins: readonly string[]): string {
  return JSON.stringify({ ...(JSON.parse(manifest) as object), sandboxOrigins: origins });
}

function invalid(message: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', message, { argument: 'sandboxOrigins' });
}
