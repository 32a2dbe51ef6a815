/**
 * Questions to the donor that wait for an answer without a limit of time: whether jobs of a new deployer may run, and
 * whether to join the group of a link. Several jobs of one deployer are one question. An answer in another tab of this
 * browser counts here too.
 * @module
 */
import type { JobPublic } from 'manyhands/worker';
import type { Admit } from './donor.js';
import type { LogEntry } from './donor-events.js';
import { shortAddress } from './safe-text.js';
import type { SettingsBox } from './settings-box.js';
import type { Group } from './settings.js';

/** `always`: admit this deployer and every later one without asking. */
export type Answer = 'yes' | 'no' | 'always';

export type Question = { readonly id: number; readonly askedMs: number } & (
  | { readonly kind: 'admit'; readonly owner: string; readonly public: JobPublic }
  | { readonly kind: 'join'; readonly group: Group }
);

export interface QuestionPorts {
  box: SettingsBox;
  log: (entry: LogEntry) => void;
  /** Called when the list has changed. */
  changed: () => void;
  joined: (group: Group) => void;
}

/** Open questions at a time; later deployers are asked about when one has been answered. */
const OPEN_MAX = 20;

interface Open {
  readonly question: Question;
  readonly promise: Promise<boolean>;
  readonly resolve: (isWelcome: boolean) => void;
}

export class OpenQuestions {
  readonly #ports: QuestionPorts;
  readonly #open = new Map<number, Open>();
  #nextId = 1;
  /** Whether a deployer was refused because the list was full. */
  #wasFull = false;

  constructor(ports: QuestionPorts) {
    this.#ports = ports;
    ports.box.onChange(() => this.#compare());
  }

  /** The oldest first. */
  get list(): readonly Question[] {
    return [...this.#open.values()].map(({ question }) => question);
  }

  readonly admit: Admit = (who) => {
    const { askBeforeNewOwner, admittedOwners } = this.#ports.box.now;
    if (!askBeforeNewOwner || admittedOwners.includes(who.owner)) return true;
    const open = [...this.#open.values()].find(({ question }) => isOf(question, who.owner));
    if (open !== undefined) return open.promise;
    if (this.#open.size >= OPEN_MAX) {
      this.#wasFull = true;
      return false;
    }
    this.#ports.log({ key: 'log.asks', values: { address: shortAddress(who.owner) }, tone: 'wait' });
    return this.#add({ kind: 'admit', owner: who.owner, public: who.public });
  };

  /** Asks whether to join that group. */
  askToJoin(group: Group): void {
    void this.#add({ kind: 'join', group });
  }

  answer(id: number, answer: Answer): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    const { question } = open;
    if (question.kind === 'join') {
      this.#close(open, answer === 'yes');
      if (answer === 'yes') this.#ports.joined(question.group);
      return;
    }
    const { box, log } = this.#ports;
    const { admittedOwners, blockedOwners } = box.now;
    const values = { address: shortAddress(question.owner) };
    log(answer === 'no' ? { key: 'log.refused', values } : { key: 'log.admitted', values, tone: 'good' });
    this.#close(open, answer !== 'no');
    // A refused deployer is added to the block list, from which the donor can remove it.
    if (answer === 'no') return box.change({ blockedOwners: [...blockedOwners, question.owner] });
    if (answer === 'always') log({ key: 'log.askNoMore' });
    box.change({
      admittedOwners: [...admittedOwners, question.owner],
      askBeforeNewOwner: answer !== 'always',
    });
  }

  /** Closes the questions about deployers: the worker has stopped. */
  close(): void {
    for (const open of [...this.#open.values()]) if (open.question.kind === 'admit') this.#close(open, false);
  }

  /** Whether the worker has to ask again about those who were refused by a full list; true once. */
  takeAskAgain(): boolean {
    const isFree = this.#wasFull && this.#open.size < OPEN_MAX;
    if (isFree) this.#wasFull = false;
    return isFree;
  }

  #add(asked: Unnumbered): Promise<boolean> {
    let resolve: (isWelcome: boolean) => void = () => undefined;
    const promise = new Promise<boolean>((settle) => (resolve = settle));
    const question = { ...asked, id: this.#nextId++, askedMs: Date.now() } as Question;
    this.#open.set(question.id, { question, promise, resolve });
    this.#ports.changed();
    return promise;
  }

  #close(open: Open, isWelcome: boolean): void {
    this.#open.delete(open.question.id);
    open.resolve(isWelcome);
    this.#ports.changed();
  }

  /** Closes questions that another tab, or another part of this page, has answered. */
  #compare(): void {
    const { askBeforeNewOwner, admittedOwners, blockedOwners } = this.#ports.box.now;
    for (const open of [...this.#open.values()]) {
      const { question } = open;
      if (question.kind !== 'admit') continue;
      if (blockedOwners.includes(question.owner)) this.#close(open, false);
      else if (!askBeforeNewOwner || admittedOwners.includes(question.owner)) this.#close(open, true);
    }
  }
}

type Unnumbered = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id' | 'askedMs'> : never) : never;

const isOf = (question: Question, owner: string): boolean =>
  question.kind === 'admit' && question.owner === owner;
