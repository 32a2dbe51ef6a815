/**
 * Who may compute here when the donor wants to be asked: those who are let in already, else whom the donor lets in now.
 * Two jobs of one new deployer are one question.
 * @module
 */
import type { Admit } from './donor.js';
import type { LogEntry } from './donor-events.js';
import { shortAddress } from './safe-text.js';
import type { SettingsBox } from './settings-box.js';

export type AskToAdmit = (who: Parameters<Admit>[0], signal: AbortSignal) => Promise<'yes' | 'no' | 'always'>;

export class Gate {
  readonly #box: SettingsBox;
  readonly #ask: AskToAdmit;
  readonly #say: (entry: LogEntry) => void;
  readonly #asking = new Map<string, Promise<boolean>>();
  #closing = new AbortController();

  constructor(box: SettingsBox, ask: AskToAdmit, say: (entry: LogEntry) => void) {
    this.#box = box;
    this.#ask = ask;
    this.#say = say;
  }

  /** Takes back the questions that are open: nobody waits for an answer any more. */
  close(): void {
    this.#closing.abort();
    this.#closing = new AbortController();
  }

  readonly admit: Admit = (who) => {
    const { askBeforeNewOwner, admittedOwners } = this.#box.now;
    if (!askBeforeNewOwner || admittedOwners.includes(who.owner)) return true;
    let asking = this.#asking.get(who.owner);
    if (asking === undefined) {
      asking = this.#askFor(who).finally(() => this.#asking.delete(who.owner));
      this.#asking.set(who.owner, asking);
    }
    return asking;
  };

  async #askFor(who: Parameters<Admit>[0]): Promise<boolean> {
    const { signal } = this.#closing;
    const answer = await this.#ask(who, signal);
    if (signal.aborted) return false;
    const values = { address: shortAddress(who.owner) };
    if (answer === 'no') {
      this.#say({ key: 'log.refused', values });
      return false;
    }
    this.#say({ key: 'log.admitted', values });
    this.#box.change({
      admittedOwners: [...this.#box.now.admittedOwners, who.owner],
      askBeforeNewOwner: answer !== 'always',
    });
    return true;
  }
}
