import { describe, expect, it } from 'vitest';
import type { LogEntry } from './donor-events.js';
import { OpenQuestions } from './open-questions.js';
import { openPageStore } from './page-store.js';
import { SettingsBox } from './settings-box.js';

const owner = (n: number): string => `0x${String(n).padStart(40, '0')}`;
const who = (n: number, name = `Job ${n}`) => ({
  owner: owner(n),
  jobId: 'A'.repeat(22),
  public: { name, description: '', link: '' },
});

function open() {
  const store = openPageStore(() => {
    throw new Error('refused');
  });
  const box = new SettingsBox(store, 4);
  box.change({ askBeforeNewOwner: true });
  const said: LogEntry[] = [];
  const joined: string[] = [];
  const questions = new OpenQuestions({
    box,
    log: (entry) => said.push(entry),
    changed: () => undefined,
    joined: ({ key }) => joined.push(key),
  });
  return { box, questions, said, joined, keys: () => said.map(({ key }) => key) };
}

describe('questions about new deployers', () => {
  it('questions stay open until they are answered, and two jobs of one deployer are one question', async () => {
    const { box, questions, keys } = open();
    const first = questions.admit(who(1));
    expect(questions.admit(who(1, 'Another'))).toBe(first);
    expect(questions.list.map(({ kind }) => kind)).toEqual(['admit']);
    questions.answer(questions.list[0]!.id, 'yes');
    expect(await first).toBe(true);
    expect(questions.list).toEqual([]);
    expect(questions.admit(who(1))).toBe(true);
    expect(box.now.admittedOwners).toEqual([owner(1)]);
    expect(keys()).toEqual(['log.asks', 'log.admitted']);
  });

  it('the answer “always” admits everybody who waits, and stops the asking', async () => {
    const { box, questions } = open();
    const asked = [1, 2, 3].map(async (n) => questions.admit(who(n)));
    questions.answer(questions.list[0]!.id, 'always');
    expect(await Promise.all(asked)).toEqual([true, true, true]);
    expect(questions.list).toEqual([]);
    expect(box.now.askBeforeNewOwner).toBe(false);
    expect(questions.admit(who(4))).toBe(true);
  });

  it('a refused deployer is in the block list, and is asked about again when removed from it', async () => {
    const { box, questions } = open();
    const asked = questions.admit(who(1));
    questions.answer(questions.list[0]!.id, 'no');
    expect(await asked).toBe(false);
    expect(box.now.blockedOwners).toEqual([owner(1)]);
    box.change({ blockedOwners: [] });
    void questions.admit(who(1));
    expect(questions.list).toHaveLength(1);
  });

  it('questions are answered by an answer in another tab of this browser', async () => {
    const { box, questions } = open();
    const asked = [1, 2].map(async (n) => questions.admit(who(n)));
    box.change({ admittedOwners: [owner(1)], blockedOwners: [owner(2)] });
    expect(await Promise.all(asked)).toEqual([true, false]);
  });

  it('open questions are limited; a deployer past the limit is asked about when one was answered', () => {
    const { questions } = open();
    for (let n = 1; n <= 20; n++) void questions.admit(who(n));
    expect(questions.admit(who(21))).toBe(false);
    expect(questions.takeAskAgain()).toBe(false);
    questions.answer(questions.list[0]!.id, 'no');
    expect([questions.takeAskAgain(), questions.takeAskAgain()]).toEqual([true, false]);
  });

  it('questions about deployers are closed when the worker stops, an invitation to a group is not', async () => {
    const { questions, joined } = open();
    const asked = questions.admit(who(1));
    questions.askToJoin({ key: 'lab' });
    questions.close();
    expect(await asked).toBe(false);
    expect(questions.list.map(({ kind }) => kind)).toEqual(['join']);
    questions.answer(questions.list[0]!.id, 'yes');
    expect(joined).toEqual(['lab']);
  });
});
