/**
 * Loads the modules that a deployer loads when it needs them. The virtual clock does not wait for files: a job whose modules
 * are loaded while it runs would lose seconds of virtual time, more on a slow machine.
 * @module
 */
/// <reference types="vite/client" />
export const LOADED: Record<string, unknown> = import.meta.glob(
  ['../../src/{deployer,wallet,worktimes/map-basic}/**/*.ts', '!**/*.test.ts', '!**/*.test-d.ts'],
  { eager: true },
);
if (Object.keys(LOADED).length === 0) throw new Error('The pattern of the modules matches nothing');
