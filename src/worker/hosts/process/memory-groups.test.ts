import { describe, expect, it } from 'vitest';
import { FakeCgroups } from '../../../testing/worker/fake-cgroups.js';
import { findMemoryGroups } from './memory-groups.js';

const PID = 100;
const CHILD = 200;
const SERVICE = '/system.slice/worker.service';
const somebody = { pid: PID, isRoot: false };
const root = { pid: PID, isRoot: true };

/** A child process, which starts in our group. */
function withChild(files: FakeCgroups): FakeCgroups {
  files.groups.get(files.own)!.pids.add(String(CHILD));
  return files;
}

describe('memory groups', () => {
  it('are made in a delegated group, which this process leaves for a child group', () => {
    const files = new FakeCgroups(PID, SERVICE);
    const groups = findMemoryGroups(files, somebody)!;
    expect(files.placeOf(PID)).toBe('/manyhands');
    files.own = `${files.delegated}/manyhands`;
    withChild(files);
    const hold = groups.hold(CHILD, 1_000)!;
    const { files: told } = files.groups.get(`${files.delegated}/sandbox-${CHILD}`)!;
    expect(Object.fromEntries(told)).toMatchObject({ 'memory.max': '1000', 'memory.oom.group': '1' });
    expect(files.placeOf(CHILD)).toBe(`/sandbox-${CHILD}`);
    expect(hold.isOutOfMemory()).toBe(false);
    told.set('memory.events', 'low 0\noom 1\noom_kill 3\n');
    expect(hold.isOutOfMemory()).toBe(true);
    files.groups.get(`${files.delegated}/sandbox-${CHILD}`)!.pids.clear();
    hold.release();
    expect(files.groups.has(`${files.delegated}/sandbox-${CHILD}`)).toBe(false);
    expect(hold.isOutOfMemory()).toBe(true);
    // Another host in this process finds the same groups.
    expect(findMemoryGroups(files, somebody)!.hold(CHILD, 5)).toBeDefined();
  });

  it('are made beside the group in which systemd placed this process', () => {
    const files = withChild(new FakeCgroups(PID, `${SERVICE}/manyhands`, SERVICE));
    expect(findMemoryGroups(files, somebody)!.hold(CHILD, 7)).toBeDefined();
    expect(files.placeOf(CHILD)).toBe(`/sandbox-${CHILD}`);
    expect(files.placeOf(PID)).toBe('/manyhands');
  });

  it('replace a group left by a process with the same id', () => {
    const files = withChild(new FakeCgroups(PID, `${SERVICE}/manyhands`, SERVICE));
    const groups = findMemoryGroups(files, somebody)!;
    files.makeFolder(`${files.delegated}/sandbox-${CHILD}`);
    expect(groups.hold(CHILD, 7)).toBeDefined();
  });

  it('are removed later if the kernel still counts a process', () => {
    const files = withChild(new FakeCgroups(PID, `${SERVICE}/manyhands`, SERVICE));
    const groups = findMemoryGroups(files, somebody)!;
    const sandboxes = (): string[] => files.list(files.delegated).filter((name) => name !== 'manyhands');
    const first = groups.hold(CHILD, 7)!;
    first.release();
    expect(sandboxes()).toEqual([`sandbox-${CHILD}`]);
    files.groups.get(`${files.delegated}/sandbox-${CHILD}`)!.pids.clear();
    files.groups.get(files.own)!.pids.add('300');
    groups.hold(300, 7);
    expect(sandboxes()).toEqual(['sandbox-300']);
  });

  it('left by a killed worker are removed at the start, except those in use', () => {
    const files = new FakeCgroups(PID, `${SERVICE}/manyhands`, SERVICE);
    for (const name of ['sandbox-1', 'sandbox-2', 'another']) files.makeFolder(`${files.delegated}/${name}`);
    files.groups.get(`${files.delegated}/sandbox-2`)!.pids.add('2');
    findMemoryGroups(files, somebody);
    expect(files.list(files.delegated).sort()).toEqual(['another', 'manyhands', 'sandbox-2']);
  });

  it.each<[string, () => FakeCgroups, typeof root]>([
    ['others are in our group', () => withChild(new FakeCgroups(PID, SERVICE)), somebody],
    ['we are root, and may write anywhere', () => new FakeCgroups(PID, SERVICE), root],
    [
      'we are root in a group of that name',
      () => new FakeCgroups(PID, `${SERVICE}/manyhands`, SERVICE),
      root,
    ],
    [
      'memory is not bounded by such groups',
      () => new FakeCgroups(PID, SERVICE, SERVICE, 'cpu hugetlb'),
      somebody,
    ],
    [
      'the group is not ours',
      () => Object.assign(new FakeCgroups(PID, SERVICE), { delegated: '/elsewhere' }),
      somebody,
    ],
  ])('are not there where %s, and nothing is changed', (_, make, owner) => {
    const files = make();
    const before = [...files.groups.keys()];
    expect(findMemoryGroups(files, owner)).toBeUndefined();
    expect([...files.groups.keys()]).toEqual(before);
    expect(files.groups.get(files.own)!.pids.has(String(PID))).toBe(true);
  });

  it('are unchanged if controllers cannot be enabled', () => {
    const files = new FakeCgroups(PID, SERVICE);
    const write = files.write.bind(files);
    files.write = (path, text) => {
      if (path.endsWith('subtree_control')) throw new Error('EACCES');
      write(path, text);
    };
    expect(findMemoryGroups(files, somebody)).toBeUndefined();
    expect([...files.groups.keys()]).toEqual([files.own]);
    expect(files.placeOf(PID)).toBe('');
  });

  it('are not used with cgroup v1 or on other systems', () => {
    const files = new FakeCgroups(PID, SERVICE);
    files.read = (path) => {
      if (path === '/proc/self/cgroup') return '4:memory:/user\n1:cpu:/\n';
      throw new Error('ENOENT');
    };
    expect(findMemoryGroups(files, somebody)).toBeUndefined();
    files.read = () => {
      throw new Error('ENOENT');
    };
    expect(findMemoryGroups(files, somebody)).toBeUndefined();
  });
});
