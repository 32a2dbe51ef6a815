/**
 * Presets for how much of the machine is used: the number of cores and the share of their time.
 * @module
 */
import type { Settings } from './settings.js';

export type Preset = 'light' | 'medium' | 'full';
type Amount = Pick<Settings, 'cores' | 'share'>;

export const PRESETS: readonly Preset[] = ['light', 'medium', 'full'];

/** `cores`: how many this machine has. */
export function amountOf(preset: Preset, cores: number): Amount {
  switch (preset) {
    case 'light':
      return { cores: Math.max(1, Math.round(cores / 4)), share: 0.5 };
    case 'medium':
      return { cores: Math.max(1, Math.round(cores / 2)), share: 1 };
    case 'full':
      return { cores, share: 1 };
  }
}

/** The preset with that amount; undefined for a custom one. */
export function presetOf({ cores, share }: Amount, all: number): Preset | undefined {
  return PRESETS.find((preset) => {
    const amount = amountOf(preset, all);
    return amount.cores === cores && amount.share === share;
  });
}
