/**
 * The operator's bans of identities, workers and networks. The store keeps the list; this copy in memory is what
 * connections are checked against.
 * @module
 */
import { ADDRESS_PATTERN } from '../../lib/address.js';
import { BlockList, isIP } from 'node:net';
import { ManyhandsError } from '../../lib/errors.js';
import { unmapAddress } from '../../lib/ip-address.js';
import { ID_PATTERN } from '../../lib/crypto/ids.js';
import type { Ban, BanKind } from '../../protocol/messages/operator-messages.js';
import { bannedError } from '../store/port/banned-error.js';

/** A ban of these would lock the operator out, who could not remove it. */
const OWN_ADDRESSES = ['127.0.0.1', '::1'];

/** The identifiers of a connected client that a ban can name. */
export interface ClientIdentity {
  /** An owner's, a deployer's or a payee's address. */
  address?: string | undefined;
  workerId?: string | undefined;
  /** `address:port` of the socket. */
  peer?: string | undefined;
}

/** A connection that a ban can end. */
export interface BannableClient {
  readonly identity: ClientIdentity;
  dismiss(error: ManyhandsError): void;
}

export class Bans {
  #bans = new Map<string, Ban>();
  #networks = new BlockList();

  constructor(bans: readonly Ban[]) {
    this.replace(bans);
  }

  replace(bans: readonly Ban[]): void {
    this.#bans = new Map(bans.map((ban) => [ban.subject, ban]));
    this.#networks = new BlockList();
    for (const { kind, subject } of bans) if (kind === 'network') addNetwork(this.#networks, subject);
  }

  get all(): Ban[] {
    return [...this.#bans.values()];
  }

  /** The `BANNED` error for such a client; undefined when it is not banned. */
  refusal({ address: account, workerId, peer }: ClientIdentity): ManyhandsError | undefined {
    const found =
      (account === undefined ? undefined : this.#bans.get(account)) ??
      (workerId === undefined ? undefined : this.#bans.get(workerId));
    if (found !== undefined) return bannedError(found.subject, found.reason);
    const address = peer === undefined ? undefined : ipOf(peer);
    if (address === undefined || !this.#networks.check(address, familyOf(address))) return undefined;
    const network = this.all.find(({ kind, subject }) => kind === 'network' && includes(subject, address));
    return bannedError(address, network?.reason ?? '');
  }
}

/** Parses the subject of a ban into its kind and normal form. @throws INVALID_ARGUMENT when it cannot be banned */
export function parseBanned(subject: string): { kind: BanKind; subject: string } {
  if (ADDRESS_PATTERN.test(subject.toLowerCase()))
    return { kind: 'identity', subject: subject.toLowerCase() };
  if (isNetwork(subject)) {
    if (!OWN_ADDRESSES.some((own) => includes(subject, own)))
      return { kind: 'network', subject: subject.toLowerCase() };
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `${subject} includes this machine, and so its operator: ban a smaller network.`,
      {
        argument: 'subject',
      },
    );
  }
  if (ID_PATTERN.test(subject)) return { kind: 'worker', subject };
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(subject.slice(0, 100))} is neither an address (0x and 40 hexadecimal digits), nor a worker's id, nor an ` +
      `IP address or a prefix such as 203.0.113.0/24.`,
    { argument: 'subject' },
  );
}

/** The IP address of `address:port`; an IPv4-mapped IPv6 address counts as IPv4. */
export function ipOf(peer: string): string | undefined {
  const address = unmapAddress(peer.slice(0, peer.lastIndexOf(':')));
  return isIP(address) === 0 ? undefined : address;
}

function isNetwork(subject: string): boolean {
  const [address = '', bits, ...rest] = subject.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  const max = family === 4 ? 32 : 128;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= max);
}

function addNetwork(list: BlockList, subject: string): void {
  const [address = '', bits] = subject.split('/');
  if (bits === undefined) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, Number(bits), familyOf(address));
}

function includes(subject: string, address: string): boolean {
  const list = new BlockList();
  addNetwork(list, subject);
  return list.check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');
