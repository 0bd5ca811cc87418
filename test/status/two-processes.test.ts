import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import type { StatusReference } from '../../src/credentials/index.ts'
import { parseCredential, parseStatusReference } from '../../src/credentials/index.ts'
import { parseJws } from '../../src/keys/index.ts'
import { decodeStatusList, decodeTokenStatusList } from '../../src/status/index.ts'
import { usePaths } from '../adapters/sqlite/files.ts'
import { kill, messageOf } from '../adapters/sqlite/processes.ts'
import { openOrganization, startWorker } from './processes.ts'

/** What is stored of a credential, as far as it is looked at here. */
interface StoredRecord {
  readonly id: string
  readonly revoked: boolean
  readonly statusEntries: readonly { readonly statusListIndex: string }[]
}

const newPath = usePaths()
const children: ChildProcess[] = []

function start(role: string, file: string): ChildProcess {
  const child = startWorker(role, file)
  children.push(child)
  return child
}

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
})

describe('two processes on one file', () => {
  it('take no place twice, and lose no change', async () => {
    const file = newPath()
    const taken = await Promise.all([0, 1].map(async () => messageOf<StatusReference[]>(start('flip', file))))
    const { statusLists, store } = await openOrganization(file)
    const token = (await statusLists.credential('https://acme.example/status/token/1')) ?? ''
    const list = await decodeTokenStatusList(parseJws(token).claims['status_list'])
    const indices = taken.flat().map((each) => {
      const reference = parseStatusReference(each)
      if (reference?.type !== 'TokenStatusList') throw new TypeError('no reference')
      return reference.idx
    })
    expect(new Set(indices).size).toBe(120)
    expect(indices.map((index) => list.get(index))).toEqual(indices.map(() => 1))
    const set = list.bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
    expect(set).toBe(120)
    await store.close()
  })
})

describe('a process that is killed', () => {
  it('leaves nothing half done once another has recovered', { timeout: 120_000 }, async () => {
    const file = newPath()
    const issued = new Set<string>()
    const revoked = new Set<string>()
    for (const acknowledged of [3, 1, 5, 2, 8, 4]) {
      const child = start('issue', file)
      if (child.stdout === null) throw new TypeError('no output')
      const lines = createInterface({ input: child.stdout })
      const enough = new Promise<void>((resolve) => {
        let seen = 0
        lines.on('line', (line) => {
          const [what = '', id = ''] = line.split(' ')
          ;(what === 'issued' ? issued : revoked).add(id)
          seen++
          if (seen >= acknowledged) resolve()
        })
      })
      await enough
      await kill(child)
    }
    const { issuer, statusLists, store, audit } = await openOrganization(file)
    await issuer.recover()
    const token = (await statusLists.credential('https://acme.example/status/revocation/1')) ?? ''
    const subject = parseCredential(token).document['credentialSubject'] as { encodedList: string }
    const list = await decodeStatusList(subject.encodedList)
    const records = (await store.list('issuer/', { limit: 1000 }))
      .filter(({ key }) => key.includes('/credential/'))
      .map(({ value }) => JSON.parse(value) as StoredRecord)
    expect(records.length).toBeGreaterThanOrEqual(issued.size)
    const audited = (await audit.read({ limit: 1000 })).map(({ record }) => record)
    for (const record of records) {
      const [entry] = record.statusEntries
      const isSet = list.get(Number(entry?.statusListIndex))
      expect(isSet).toBe(record.revoked)
      const acts = audited.filter(
        ({ action, details }) => action === 'revoke' && details?.['credential'] === record.id,
      )
      expect(acts.length > 0).toBe(isSet)
      if (revoked.has(record.id)) expect(isSet).toBe(true)
    }
    expect(
      (await store.list('issuer/', { limit: 1000 })).some(({ key }) => key.includes('/unfinished/')),
    ).toBe(false)
    await store.close()
  })
})
