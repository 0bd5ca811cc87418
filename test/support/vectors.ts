import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../shared/vectors/', import.meta.url)

/** One conformance case, as the topic's README describes it. */
export interface VectorCase {
  readonly id: string
  readonly expected: {
    readonly result: 'valid' | 'invalid' | 'either' | 'acceptable'
    readonly [more: string]: unknown
  }
  readonly [member: string]: unknown
}

/** The cases of `shared/vectors/<topic>/<file>.json`, or undefined where the folder is not beside the checkout. */
export function loadVectors<Case extends VectorCase = VectorCase>(
  topic: string,
  file: string,
): readonly Case[] | undefined {
  const path = fileURLToPath(new URL(`${topic}/${file}.json`, root))
  if (!existsSync(path)) return undefined
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }
  return parsed.cases
}
