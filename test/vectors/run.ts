/**
 * Runs conformance vectors: every case of every file under a folder of topics, or of one topic's folder.
 *
 * npm run vectors -- DIR [--json] [--time-limit SECONDS] [--drivers MODULE]
 *
 * Prints a line a topic, and the reason of each failure and skip; with `--json`, one object a line. Exit code 1 where a
 * case failed, 2 where nothing could be run. `--drivers` names another module to judge with, instead of `topics/index.ts`.
 */
import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findTopics } from './collect.ts'
import { runFolder, type TopicReport } from './engine.ts'
import { isolate } from './isolate.ts'

const USAGE = 'usage: npm run vectors -- DIR [--json] [--time-limit SECONDS] [--drivers MODULE]'
const DEFAULT_LIMIT_SECONDS = 60

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(USAGE)
    return 2
  }
  const { folder, json, drivers, limitSeconds } = options
  const lanes = Math.min(availableParallelism(), 4)
  const { judge, close } = isolate(drivers, limitSeconds)
  let failed = 0
  try {
    for await (const report of runFolder(folder, judge, lanes)) {
      failed += report.failed
      for (const line of json ? [toJson(report)] : toText(report)) console.log(line)
    }
  } catch (error) {
    console.error(error)
    return 2
  } finally {
    close()
  }
  return failed > 0 ? 1 : 0
}

interface Options {
  readonly folder: string
  readonly json: boolean
  readonly drivers: string
  readonly limitSeconds: number
}

/** @throws {Error} With what is wrong with the arguments. */
function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      drivers: { type: 'string', default: fileURLToPath(new URL('topics/index.ts', import.meta.url)) },
      'time-limit': { type: 'string', default: String(DEFAULT_LIMIT_SECONDS) },
    },
  })
  const [given, ...more] = positionals
  if (given === undefined || more.length > 0) throw new Error('one folder has to be named')
  // npm runs scripts in the package's folder, and keeps where it was called.
  const from = [process.cwd(), process.env['INIT_CWD'] ?? '.'].map((base) => resolve(base, given))
  const folder = from.find((path) => existsSync(path) && statSync(path).isDirectory())
  if (folder === undefined) throw new Error(`there is no folder ${given}`)
  if (findTopics(folder).length === 0) throw new Error(`there are no vectors in ${given}`)
  const limitSeconds = Number(values['time-limit'])
  if (!(limitSeconds > 0 && limitSeconds <= 3600))
    throw new Error('--time-limit is above 0, up to 3600 seconds')
  const drivers = resolve(values.drivers)
  if (!existsSync(drivers)) throw new Error(`there is no module ${values.drivers}`)
  return { folder, json: values.json, drivers, limitSeconds }
}

function toJson({ topic, passed, failed, skipped, failures, skips }: TopicReport): string {
  const shown = skips.map(({ id, why }) => ({ id, why }))
  return JSON.stringify({ topic, passed, failed, skipped, failures, skips: shown })
}

function toText({ topic, passed, failed, skipped, failures, skips }: TopicReport): string[] {
  return [
    `${topic}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ...failures.map(({ id, why }) => `  failed   ${id}: ${why}`),
    ...skips.map(({ id, why }) => `  skipped  ${id}: ${why}`),
  ]
}
