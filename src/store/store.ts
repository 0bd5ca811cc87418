/** How an entry is kept. */
export interface PutOptions {
  /**
   * Seconds since the Unix epoch. From that second on the entry is absent for every method. Without it the
   * entry stays until it is removed.
   */
  readonly expiresAt?: number
}

/** Which part of a list to return. */
export interface ListOptions {
  /** Only keys after this one, exclusive; usually the last key of the page before. */
  readonly after?: string
  /** At most so many entries, 1 to {@link MAX_PAGE}. Defaults to {@link DEFAULT_PAGE}. */
  readonly limit?: number
}

/** Which part of a log to return. */
export interface ReadOptions {
  /** Only sequence numbers after this one, exclusive. Defaults to 0: from the start. */
  readonly after?: number
  /** At most so many entries, 1 to {@link MAX_PAGE}. Defaults to {@link DEFAULT_PAGE}. */
  readonly limit?: number
}

/** One entry of {@link Store.list}. */
export interface StoredEntry {
  /** The whole key, prefix included. */
  readonly key: string
  /** The text that was put. */
  readonly value: string
}

/** One entry of {@link Store.read}. */
export interface LogEntry {
  /** The place in its log, from 1, without gaps. */
  readonly sequence: number
  /** The text that was appended. */
  readonly value: string
}

/**
 * What Comity needs of a database: few primitives, each of them atomic. Every area builds its own typed
 * repository on them, and an adapter implements only these.
 *
 * Keys, prefixes, log names and topics are 1 to {@link MAX_KEY_LENGTH} printable ASCII characters (a prefix may
 * be empty), so that they sort alike in every database: hash or encode what a stranger chose before it becomes
 * part of a key. Values are well-formed text without U+0000, of at most {@link MAX_VALUE_LENGTH} UTF-16 units.
 * Anything else is the caller's mistake and rejects with a `TypeError`.
 *
 * What a method acknowledged is kept as durably as the implementation promises; what it rejected has changed
 * nothing.
 */
export interface Store {
  /** The value under the key, or undefined where there is none or it has expired. */
  get(key: string): Promise<string | undefined>

  /**
   * Sets the value, whatever was there; an earlier expiry is replaced too.
   *
   * @throws {PolicyError} `COMITY_STORE_FULL` when the store is bounded, and full.
   */
  put(key: string, value: string, options?: PutOptions): Promise<void>

  /**
   * Sets the value only where there is none. Of many callers at once exactly one is told true.
   *
   * @throws {PolicyError} `COMITY_STORE_FULL` when the store is bounded, and full.
   */
  putIfAbsent(key: string, value: string, options?: PutOptions): Promise<boolean>

  /** Returns the value and removes it. Of many callers at once exactly one gets it. */
  take(key: string): Promise<string | undefined>

  /**
   * Replaces the value only where it equals `expected`.
   *
   * The new entry is kept as by {@link Store.put}: without `expiresAt` it doesn't expire, even if the old one did.
   *
   * @param expected The value that must be there; undefined where there must be none.
   * @param next The value to set; undefined to remove the entry.
   * @returns Whether it was replaced.
   * @throws {PolicyError} `COMITY_STORE_FULL` when the store is bounded, and full.
   */
  compareAndSet(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    options?: PutOptions,
  ): Promise<boolean>

  /**
   * Subtracts from a counter that is never below zero. The expiry stays as it was.
   *
   * @param by A whole number from 1 to 2^53 − 1.
   * @returns What is left, or undefined (and nothing is subtracted) where less than `by` was left or there is
   *   no such key.
   * @throws {TypeError} The value is not a whole number from 0 to 2^53 − 1 in decimal digits.
   */
  decrement(key: string, by: number): Promise<number | undefined>

  /** The entries whose keys start with the prefix, in the order of their keys (by code unit). */
  list(prefix: string, options?: ListOptions): Promise<readonly StoredEntry[]>

  /**
   * Adds a value at the end of a log.
   *
   * @returns Its sequence number: 1 for the first, then without gaps or repetitions.
   * @throws {PolicyError} `COMITY_STORE_FULL` when the store is bounded, and full.
   */
  append(log: string, value: string): Promise<number>

  /** Entries of a log in the order of their sequence numbers; none where there is no such log. */
  read(log: string, options?: ReadOptions): Promise<readonly LogEntry[]>

  /**
   * Hands the value to everyone who subscribes to the topic now. Nothing is kept for later subscribers: what
   * must not be lost is appended to a log first, and the message only says that there is something to read.
   */
  publish(topic: string, value: string): Promise<void>

  /**
   * Calls `handle` for each value published from now on, one after another, in the order of publishing. What
   * `handle` throws is dropped.
   *
   * @returns Ends the subscription: `handle` is not called again. Calling it twice is harmless.
   */
  subscribe(topic: string, handle: (value: string) => void): Promise<() => void>

  /** Ends all subscriptions and frees what the store holds. Every later call but `close` rejects with a `TypeError`. */
  close(): Promise<void>
}

/** The longest key, prefix, log name and topic, in characters. */
export const MAX_KEY_LENGTH: number = 1024

/** The longest value, in UTF-16 units: a status list of 2^24 entries fits in. */
export const MAX_VALUE_LENGTH: number = 4 * 1024 * 1024

/** How many entries {@link Store.list} and {@link Store.read} return where no limit is given. */
export const DEFAULT_PAGE: number = 100

/** The most entries that {@link Store.list} and {@link Store.read} return at once. */
export const MAX_PAGE: number = 1000
