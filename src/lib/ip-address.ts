/**
 * IP addresses in text form.
 * @module
 */

/** An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) as an IPv4 address; any other text unchanged. */
export function unmapAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The eight 16-bit groups of a valid IPv6 address. Its zone (`%eth0`) is ignored. */
export function ipv6Groups(address: string): number[] {
  // The URL parser checks the address, and writes a trailing IPv4 address as groups.
  const [text = ''] = address.split('%', 1);
  const [head = [], tail = []] = new URL(`http://[${text}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))));
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
