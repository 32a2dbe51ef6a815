/**
 * The worktimes of this version, as data. No code of a worktime is imported here, so that a page that only describes
 * worktimes does not bundle them; `runtimes.ts` and `packers.ts` list the code.
 * @module
 */
import type { WorktimeName } from '../protocol/messages/messages.js';
import { mapBasic } from './map-basic/descriptor.js';
import { pyodide } from './pyodide/descriptor.js';
import type { WorktimeDescriptor } from './runtime/descriptor.js';
import { wasm } from './wasm/descriptor.js';

const ALL = [mapBasic, wasm, pyodide] as const;

/** The name of a worktime of this version. */
export type BuiltInWorktime = (typeof ALL)[number]['name'];

/** Every worktime of this version. */
export const WORKTIMES: readonly WorktimeDescriptor[] = ALL;

/** The worktime of a job that names none. Every sandbox that can run jobs can run it: it needs JavaScript alone. */
export const DEFAULT_WORKTIME = mapBasic.name;

/** The worktime that runs the custom worktimes of jobs: they are modules of JavaScript. */
export const CUSTOM_WORKTIME_HOST = mapBasic.name;

/** The descriptor of a worktime by its name; undefined where there is none. */
export function describeWorktime(name: string): WorktimeDescriptor | undefined {
  return WORKTIMES.find((worktime) => worktime.name === name);
}

/** The worktime that a person means who writes this name, `python` for example; undefined where it is not known. */
export function worktimeMeant(name: string): WorktimeDescriptor | undefined {
  return WORKTIMES.find(({ aliases }) => aliases.includes(name.toLowerCase()));
}

/** The name of a worktime for people, such as `Python (Pyodide)`; undefined where there is none. */
export function worktimeLabel(name: string): string | undefined {
  return describeWorktime(name)?.label;
}

/** The name of a worktime's file in the manifest of a scheduler, which may serve several releases of one worktime. */
export function assetName({ name, version }: WorktimeName, file: string): string {
  return describeWorktime(name)?.version === version ? file : `${name}/${version}/${file}`;
}
