/**
 * Runs every case under a folder and counts.
 */
import { basename } from 'node:path'
import { findTopics, isCase, nameOf, readCaseFile, type CaseFile, type TopicFolder } from './collect.ts'
import { SCOPE_RULES, type ScopeRule } from './scope.ts'
import { describe, fail, type Driver, type Verdict } from './verdict.ts'

/** Where a case is: what has to be known to judge it, also in another process. */
export interface Task {
  readonly topic: string
  readonly path: string
  readonly index: number
}

/** Judges a case within a time limit. It never throws. */
export type Judge = (task: Task) => Promise<Verdict>

/** A case that failed or was skipped. */
export interface Remark {
  readonly id: string
  readonly why: string
}

/** What came of a topic. */
export interface TopicReport {
  readonly topic: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly Remark[]
  readonly skips: readonly (Remark & { readonly rule: ScopeRule })[]
}

/**
 * Runs the topics under a folder.
 *
 * @param lanes - How many cases may be under judgement at once.
 */
export async function* runFolder(folder: string, judge: Judge, lanes = 1): AsyncGenerator<TopicReport> {
  for (const topic of findTopics(folder)) yield await runTopic(topic, judge, lanes)
}

/** Judges cases in this process, which can hang with them. */
export function judgeWith(drivers: Readonly<Record<string, Driver>>): Judge {
  let last: { readonly path: string; readonly file: CaseFile } | undefined
  return async ({ topic, path, index }) => {
    try {
      if (last?.path !== path) last = { path, file: readCaseFile(path) }
      const { file } = last
      const entry = file.cases[index]
      const driver = Object.hasOwn(drivers, topic) ? drivers[topic] : undefined
      if (driver === undefined) return { outcome: 'skip', rule: 'unknown-topic' }
      if (!isCase(entry) && topic !== 'spiffe') return fail('malformed: no id, or no expected.result')
      return await driver(entry as Parameters<Driver>[0], { topic, name: file.name })
    } catch (error) {
      return fail(`threw ${describe(error)}`)
    }
  }
}

async function runTopic({ topic, files }: TopicFolder, judge: Judge, lanes: number): Promise<TopicReport> {
  const failures: Remark[] = []
  const tasks: (Task & { readonly id: string })[] = []
  for (const path of files) {
    try {
      for (const [index, entry] of readCaseFile(path).cases.entries())
        tasks.push({ topic, path, index, id: nameOf(entry, path, index) })
    } catch (error) {
      failures.push({ id: basename(path), why: `malformed file: ${describe(error)}` })
    }
  }
  const verdicts: Verdict[] = []
  const queue = tasks.entries()
  const lane = async (): Promise<void> => {
    for (const [at, task] of queue) verdicts[at] = await judge(task)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const skips: TopicReport['skips'][number][] = []
  for (const [at, verdict] of verdicts.entries()) {
    const id = tasks[at]?.id ?? ''
    if (verdict.outcome === 'fail') failures.push({ id, why: verdict.why })
    if (verdict.outcome === 'skip') skips.push({ id, why: SCOPE_RULES[verdict.rule], rule: verdict.rule })
  }
  const [failed, skipped] = [failures.length, skips.length]
  const passed = verdicts.filter(({ outcome }) => outcome === 'pass').length
  return { topic, passed, failed, skipped, failures, skips }
}
