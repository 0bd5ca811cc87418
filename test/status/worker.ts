import { writeSync } from 'node:fs'
import type { StatusReference } from '../../src/credentials/index.ts'
import { AGENT, CLAIMS, HOUR } from '../issuer/world.ts'
import { openOrganization } from './processes.ts'

/** A process of its own that works on one file. Started by `startWorker` with its role and the file's path. */
const [role = '', file = ''] = process.argv.slice(2)

/** Places that are taken and changed, one after another. */
const FLIPS = 60

const { issuer, statusLists, store } = await openOrganization(file)

async function flip(): Promise<readonly StatusReference[]> {
  const references: StatusReference[] = []
  for (let count = 0; count < FLIPS; count++) {
    const reference = await statusLists.allocateToken()
    await statusLists.set(reference, true, 'revocation')
    references.push(reference)
  }
  return references
}

/** Issues and revokes without end, and says through standard output what was acknowledged. */
async function issueAndRevoke(): Promise<never> {
  await issuer.recover()
  for (;;) {
    const options = { subject: AGENT, claims: CLAIMS.AgentPostureCredential, lifetimeSeconds: HOUR }
    const { id } = await issuer.issue('AgentPostureCredential', options)
    writeSync(1, `issued ${id}\n`)
    await issuer.revoke({ credential: id }, { reason: 'compromised' })
    writeSync(1, `revoked ${id}\n`)
  }
}

if (role === 'flip') {
  process.send?.(await flip())
  await store.close()
  process.disconnect()
} else {
  await issueAndRevoke()
}
