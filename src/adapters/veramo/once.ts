/** What was begun, by whom or what it is for: a Map or a WeakMap. */
interface Begun<Key, Value> {
  get(key: Key): Promise<Value> | undefined
  set(key: Key, value: Promise<Value>): unknown
  delete(key: Key): boolean
}

/** Does it once; what failed is forgotten, so that it is tried again. */
export async function once<Key, Value>(
  map: Begun<Key, Value>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  made.catch(() => map.delete(key))
  return made
}
