import { decodeBase64url, encodeBase64url, parseJsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { randomBytes } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { leftKey, orderKey, type ListAddress } from './list-address.ts'
import { createPermutation, type Permutation } from './permutation.ts'

const KEY_BYTES = 32

/** Orders that are kept at once: all of a publisher's that still have places, and some that are asked about. */
const MAX_KEPT = 64

/** Gives out the places of lists: at random, and none twice, also not by another process. */
export interface Places {
  /** Says how many places a list has; undefined where it was not opened. */
  length(address: ListAddress): Promise<number | undefined>
  /** Opens a list, where nobody has. Returns how many places it has, which may be another's choice. */
  open(address: ListAddress, length: number): Promise<number>
  /** Takes a place; undefined where none is left, or the list is not open. */
  take(address: ListAddress): Promise<number | undefined>
  /** Says whether a place was given out. */
  isTaken(address: ListAddress, index: number): Promise<boolean>
}

interface Order extends Permutation {
  readonly length: number
}

/**
 * Makes the places of lists on a store. For each list it holds a secret order of the places and how many of them are
 * left, counted down by the store: two entries, however many places were given out, and one write for each.
 */
export function createPlaces(store: Store): Places {
  const kept = new Map<string, Order>()

  const orderOf = async (address: ListAddress): Promise<Order | undefined> => {
    const known = kept.get(address.url)
    if (known !== undefined) return known
    const text = await store.get(orderKey(address))
    if (text === undefined) return undefined
    const order = decodeOrder(text)
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(address.url, order)
    return order
  }
  const left = async (address: ListAddress): Promise<number | undefined> => {
    const text = await store.get(leftKey(address))
    return text === undefined ? undefined : Number(text)
  }

  return {
    length: async (address) => (await orderOf(address))?.length,
    async open(address, length) {
      await store.putIfAbsent(orderKey(address), encodeOrder(length))
      const order = required(await orderOf(address))
      await store.putIfAbsent(leftKey(address), String(order.length))
      return order.length
    },
    async take(address) {
      const order = await orderOf(address)
      const position = order === undefined ? undefined : await store.decrement(leftKey(address), 1)
      return position === undefined ? undefined : order?.at(position)
    },
    async isTaken(address, index) {
      const order = await orderOf(address)
      if (order === undefined || !Number.isSafeInteger(index) || index < 0 || index >= order.length)
        return false
      return order.positionOf(index) >= ((await left(address)) ?? Infinity)
    },
  }
}

function encodeOrder(length: number): string {
  return JSON.stringify({ length, key: encodeBase64url(randomBytes(KEY_BYTES)) })
}

/** @throws {TypeError} The store holds something else than what was put there. */
function decodeOrder(text: string): Order {
  try {
    const { length, key } = parseJsonObject(text)
    if (typeof length === 'number' && Number.isSafeInteger(length) && length > 0 && typeof key === 'string')
      return { length, ...createPermutation(length, decodeBase64url(key, { maxBytes: KEY_BYTES })) }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
  }
  throw new TypeError('options.store holds an order of places that is broken')
}

function required(order: Order | undefined): Order {
  if (order === undefined) throw new TypeError('options.store lost a value')
  return order
}
