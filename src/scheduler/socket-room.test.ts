import { expect, it } from 'vitest';
import { networkOf, SocketRoom } from './socket-room.js';

/** Opens sockets until one is refused, and says how many there were. */
function fill(room: SocketRoom, network: string): number {
  let opened = 0;
  while (room.enter(network)) opened += 1;
  return opened;
}

it('gives one network three quarters at most, and each further one its share of the rest', () => {
  const room = new SocketRoom(1_000);
  expect(fill(room, 'a')).toBe(750);
  expect(fill(room, 'b')).toBe(188);
  expect(fill(room, 'c')).toBe(47);
  expect(room.enter('d')).toBe(true);
});

it('never lets in more than there is room for', () => {
  const room = new SocketRoom(10);
  for (let i = 0; i < 10; i++) expect(room.enter(`network ${i}`)).toBe(true);
  expect(room.enter('another')).toBe(false);
  expect(room.total).toBe(10);
});

it('gives a place again that was given back', () => {
  const room = new SocketRoom(4);
  expect(fill(room, 'a')).toBe(3);
  room.leave('a');
  room.leave('a');
  expect(room.total).toBe(1);
  expect(fill(room, 'a')).toBe(2);
  for (let i = 0; i < 3; i++) room.leave('a');
  expect(room.total).toBe(0);
  expect(fill(room, 'b')).toBe(3);
});

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['fe80::a:b:c:d%eth0', 'fe80:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
])('knows the network of %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
