/** Figures of a process and its descendants from /proc: memory, open files, CPU time. */
import { readdirSync, readFileSync } from 'node:fs';

const MiB = 1024 * 1024;
const PAGE_BYTES = 4_096;
/** Milliseconds of one tick of /proc's clock. */
const TICK_MS = 10;

/** The fields of /proc/<pid>/stat after the name, which may contain blanks; undefined if the process has ended. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(') ') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and its present descendants. */
function familyOf(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statOf(name)?.[1] : undefined;
    if (parent !== undefined)
      children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

function openFilesOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Resident memory of the process and its descendants (MiB), and how many files and sockets they have open. */
export function footprint(pid) {
  const family = familyOf(pid);
  return {
    residentMiB: sum(family.map((member) => (Number(statOf(member)?.[21] ?? 0) * PAGE_BYTES) / MiB)),
    openFiles: sum(family.map(openFilesOf)),
  };
}

/** CPU time of all threads of one process so far, milliseconds. */
export function cpuMs(pid) {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
