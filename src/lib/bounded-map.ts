/**
 * Maps with a maximum number of entries.
 * @module
 */

/**
 * Sets an entry as the newest one, then removes the oldest entries beyond `max`. Where each use of an entry sets it again,
 * the oldest is the least recently used.
 */
export function setNewest<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
