/**
 * Finds the topics under a folder, and reads their files.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { VectorCase } from './verdict.ts'

/** A folder with vectors. */
export interface TopicFolder {
  /** The folder's name. */
  readonly topic: string
  /** The paths of its `.json` files, sorted. */
  readonly files: readonly string[]
}

/** A file in the common shape, as far as it is the same for all topics. */
export interface CaseFile {
  readonly name: string
  /** What should be cases, in the file's order. */
  readonly cases: readonly unknown[]
}

const MAX_DEPTH = 4

/**
 * The topics under a folder, or the one that the folder is. A folder is a topic where it holds a `.json` file, but one
 * that has topics below it only where the file has cases.
 */
export function findTopics(folder: string): readonly TopicFolder[] {
  const root = resolve(folder)
  const below = foldersOf(root).flatMap((path) => collect(path, 1))
  const own = filesOf(root)
  const counted = below.length === 0 ? own : own.filter(hasCases)
  const topics = counted.length === 0 ? below : [{ topic: basename(root), files: counted }, ...below]
  return merge(topics)
}

/**
 * Reads a file.
 *
 * @throws {Error} When it is no JSON, or has no list of cases.
 */
export function readCaseFile(path: string): CaseFile {
  const content = JSON.parse(readFileSync(path, 'utf8')) as { [member: string]: unknown } | null
  const cases = content?.['cases']
  if (!Array.isArray(cases)) throw new Error('there is no list of cases')
  const names = [content?.['file'], content?.['kind'], basename(path, '.json')]
  return { name: names.find((name) => typeof name === 'string') ?? '', cases }
}

/** The name of a case, also where it has none. */
export function nameOf(entry: unknown, path: string, index: number): string {
  const id = (entry as { id?: unknown } | null | undefined)?.id
  return typeof id === 'string' && id !== '' ? id : `${basename(path)} case ${index}`
}

const RESULTS: readonly unknown[] = ['valid', 'invalid', 'either', 'acceptable']

/** Whether something has what every case has. */
export function isCase(entry: unknown): entry is VectorCase {
  const { id, expected } = (entry ?? {}) as Partial<VectorCase>
  return typeof id === 'string' && id !== '' && RESULTS.includes(expected?.result)
}

function collect(folder: string, depth: number): readonly TopicFolder[] {
  if (depth > MAX_DEPTH) return []
  const files = filesOf(folder)
  const below = foldersOf(folder).flatMap((path) => collect(path, depth + 1))
  return files.length === 0 ? below : [{ topic: basename(folder), files }, ...below]
}

function filesOf(folder: string): string[] {
  return entriesOf(folder).filter((path) => path.endsWith('.json') && statSync(path).isFile())
}

function foldersOf(folder: string): string[] {
  return entriesOf(folder).filter((path) => statSync(path).isDirectory())
}

function entriesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)
}

function hasCases(path: string): boolean {
  try {
    readCaseFile(path)
    return true
  } catch {
    return false
  }
}

function merge(topics: readonly TopicFolder[]): readonly TopicFolder[] {
  const merged = new Map<string, string[]>()
  for (const { topic, files } of topics) merged.set(topic, [...(merged.get(topic) ?? []), ...files])
  return [...merged]
    .map(([topic, files]) => ({ topic, files }))
    .sort((one, other) => (one.topic < other.topic ? -1 : 1))
}
