import { readFile } from 'node:fs/promises'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../net/index.ts'

/** The flags of every command that reaches out. */
export interface NetworkFlags {
  /** A PEM file with further roots to trust. */
  readonly ca?: string
  /** `HOST:PORT` of the origins on this machine that may be fetched from. */
  readonly allowLoopback: readonly string[]
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, before: unknown): readonly string[] {
  return [...(Array.isArray(before) ? (before as string[]) : []), value]
}

/**
 * The guarded fetch for a command. TLS is verified always; loopback is open only for the origins named.
 *
 * @throws {Error} The file cannot be read.
 * @throws {TypeError} A loopback origin is malformed.
 */
export async function fetchFor({ ca, allowLoopback }: NetworkFlags): Promise<GuardedFetch> {
  return createGuardedFetch({
    [insecureAllowLoopback]: allowLoopback.map((host) => `https://${host}`),
    ...(ca === undefined ? {} : { ca: await readFile(ca, 'utf8') }),
  })
}
