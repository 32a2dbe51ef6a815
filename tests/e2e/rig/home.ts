/**
 * A home for this test process, which is one deployer with one identity as long as it lives. To be imported before
 * manyhands, which looks for its home when it is loaded.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const HOME = mkdtempSync(join(tmpdir(), 'manyhands-home-'));
process.env.MANYHANDS_HOME = HOME;
process.on('exit', () => rmSync(HOME, { recursive: true, force: true }));
