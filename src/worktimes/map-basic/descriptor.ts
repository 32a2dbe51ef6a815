/**
 * The worktime `map-basic`: JavaScript work functions.
 * @module
 */
import type { WorktimeDescriptor } from '../runtime/descriptor.js';

export const mapBasic = {
  name: 'map-basic',
  version: '1.0.0',
  defaultRange: '^1.0.0',
  label: 'JavaScript',
  language: 'JavaScript',
  aliases: ['javascript', 'js', 'node'],
  extensions: ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'],
  needsWebAssembly: false,
} as const satisfies WorktimeDescriptor;
