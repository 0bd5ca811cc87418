import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readPage } from '../docs/markdown.ts'
import { findTopics, isCase, readCaseFile } from './collect.ts'
import { judgeWith, runFolder, type TopicReport } from './engine.ts'
import { SCOPE_RULES } from './scope.ts'
import { drivers } from './topics/index.ts'
import type { VectorCase, Verdict } from './verdict.ts'

const FOLDER = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url))
const isThere = existsSync(FOLDER)

const reports: TopicReport[] = []
if (isThere) for await (const report of runFolder(FOLDER, judgeWith(drivers))) reports.push(report)

it.skipIf(isThere)('the public vectors are not beside this checkout', () => undefined)

describe.skipIf(!isThere)('the public vectors', () => {
  it.each(reports)('of $topic: $passed passed, $skipped skipped, none failed', ({ failures }) => {
    expect(failures).toEqual([])
  })

  it('are all of topics and files that are known', () => {
    const unknown = reports.flatMap(({ skips }) => skips.filter(({ rule }) => rule.startsWith('unknown-')))
    expect(unknown).toEqual([])
  })
})

describe('conformance.md', () => {
  const rows = readPage('docs/spec/conformance.md').matchAll(/^\|(.*)\|$/gm)
  const listed = [...rows].flatMap(([, row = '']) => {
    const [rule = '', topic = '', count = '', ...text] = row.split('|').map((cell) => cell.trim())
    const [, name] = /^`([a-z0-9-]+)`$/.exec(rule) ?? []
    return name === undefined ? [] : [{ name, topic, count: Number(count), text }]
  })

  it('justifies every rule of scope, and no other', () => {
    const rules = Object.keys(SCOPE_RULES).filter((rule) => !rule.startsWith('unknown-'))
    expect([...new Set(listed.map(({ name }) => name))].sort()).toEqual(rules.sort())
    for (const { text } of listed) for (const cell of text) expect(cell.length).toBeGreaterThan(20)
  })

  it.skipIf(!isThere)('counts the cases that are skipped', () => {
    const skipped = reports.flatMap(({ topic, skips }) => skips.map(({ rule }) => `${rule} ${topic}`))
    const counted = new Map(listed.map(({ name, topic }) => [`${name} ${topic}`, 0]))
    for (const each of skipped) counted.set(each, (counted.get(each) ?? 0) + 1)
    expect(new Map(listed.map(({ name, topic, count }) => [`${name} ${topic}`, count]))).toEqual(counted)
  })
})

/** The cases of a topic that a driver may judge. */
function casesOf(topic: string): readonly { readonly entry: VectorCase; readonly file: string }[] {
  const [found] = findTopics(`${FOLDER}${topic}`)
  return (found?.files ?? []).flatMap((path) => {
    const { name, cases } = readCaseFile(path)
    return cases.filter(isCase).map((entry) => ({ entry, file: name }))
  })
}

async function judgeAs(topic: string, file: string, entry: VectorCase): Promise<Verdict> {
  try {
    return (await drivers[topic]?.(entry, { topic, name: file })) ?? { outcome: 'fail', why: 'no driver' }
  } catch (error) {
    return { outcome: 'fail', why: String(error) }
  }
}

// The control of the drivers: what passes must not pass any more when the opposite is expected.
describe.skipIf(!isThere)('a driver', () => {
  const judged = reports.filter(({ passed }) => passed > 0)

  it.each(judged)('of $topic sees that the opposite is expected', async ({ topic }) => {
    for (const { entry, file } of casesOf(topic)) {
      const { result } = entry.expected
      if (result !== 'valid' && result !== 'invalid') continue
      if ((await judgeAs(topic, file, entry)).outcome !== 'pass') continue
      const opposite = result === 'valid' ? 'invalid' : 'valid'
      const verdict = await judgeAs(topic, file, {
        ...entry,
        expected: { ...entry.expected, result: opposite },
      })
      expect(verdict.outcome, `${file} ${entry.id} as ${opposite}`).not.toBe('pass')
    }
  })

  it.each(judged)('of $topic knows its cases in a file of another name', async ({ topic }) => {
    for (const { entry, file } of casesOf(topic)) {
      const verdict = await judgeAs(topic, file, entry)
      expect(await judgeAs(topic, 'part-2', entry), `${file} ${entry.id}`).toEqual(verdict)
    }
  })

  it.each(judged)('of $topic compares what is expected to come out', async ({ topic }) => {
    const ignored = new Set<string>()
    for (const { entry, file } of casesOf(topic)) {
      if (entry.expected.result !== 'valid') continue
      if ((await judgeAs(topic, file, entry)).outcome !== 'pass') continue
      for (const { member, changed } of changesOf(entry)) {
        if ((await judgeAs(topic, file, changed)).outcome === 'pass') ignored.add(`${file} ${member}`)
      }
    }
    expect([...ignored].sort()).toEqual([])
  })
})

/** What is said for people, or what other implementations gave in a form of their own. */
const ADVISORY = ['result', 'reason', 'error', 'note', 'origin', 'upstreamDidDocument', 'upstreamMetadata']

/** The case with each member of what it expects changed: also of what it expects of each of its questions. */
function changesOf(entry: VectorCase): readonly { readonly member: string; readonly changed: VectorCase }[] {
  const changes = changedMembers(entry.expected).map(({ member, expected }) => ({
    member,
    changed: { ...entry, expected: expected as VectorCase['expected'] },
  }))
  const questions = (entry['resolve'] ?? []) as readonly { readonly expected: object }[]
  const inQuestions = questions.flatMap((question, at) =>
    changedMembers(question.expected).map(({ member, expected }) => ({
      member: `resolve ${member}`,
      changed: { ...entry, resolve: questions.with(at, { ...question, expected }) },
    })),
  )
  return [...changes, ...inQuestions]
}

function changedMembers(expected: object): readonly { readonly member: string; readonly expected: object }[] {
  return Object.entries(expected)
    .filter(([member, value]) => !ADVISORY.includes(member) && value !== null)
    .map(([member, value]) => ({ member, expected: { ...expected, [member]: changedFrom(value) } }))
}

function changedFrom(value: unknown): unknown {
  if (value === null) return 'x'
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value === 0 ? 1 : 0
  if (typeof value === 'string') return `${value}x`
  if (Array.isArray(value)) return value.length === 0 ? ['x'] : value.map(changedFrom)
  return Object.fromEntries(
    Object.entries(value as object).map(([name, member]) => [name, changedFrom(member)]),
  )
}
