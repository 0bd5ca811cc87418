/**
 * One process that judges cases, one after the other, for `isolate.ts`.
 */
import { pathToFileURL } from 'node:url'
import { judgeWith, type Task } from './engine.ts'
import type { Driver } from './verdict.ts'

const [, , modulePath = ''] = process.argv
const { drivers } = (await import(pathToFileURL(modulePath).href)) as {
  drivers: Readonly<Record<string, Driver>>
}
const judge = judgeWith(drivers)
process.on('message', (task: Task) => {
  void judge(task).then((verdict) => process.send?.(verdict))
})
process.send?.('ready')
