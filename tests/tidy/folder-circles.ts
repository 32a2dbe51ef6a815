/**
 * Circles of imports among folders.
 * @module
 */
import { dirname } from 'node:path';

export interface Import {
  /** The file that imports. */
  readonly from: string;
  /** The file that is imported. */
  readonly to: string;
}

/** The groups of folders of which each can be reached from each other one by imports; every group is sorted. */
export function folderCircles(imports: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [a, b] = [dirname(from), dirname(to)];
    if (a !== b) next.set(a, (next.get(a) ?? new Set()).add(b));
  }
  const reach = new Map([...next.keys()].map((folder) => [folder, reachable(folder, next)]));
  const circles = new Set<string>();
  for (const [folder, found] of reach) {
    if (!found.has(folder)) continue;
    const members = [...found].filter((other) => reach.get(other)?.has(folder));
    circles.add(members.sort().join('\n'));
  }
  return [...circles].sort().map((members) => members.split('\n'));
}

function reachable(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const other of next.get(folder) ?? []) {
      if (found.has(other)) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}
