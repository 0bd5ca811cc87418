import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createSqliteStore } from '../../src/adapters/sqlite/index.ts'
import { importSigner } from '../../src/keys/index.ts'
import type { Store } from '../../src/store/index.ts'
import { createOrganization, type Organization } from '../issuer/organization.ts'
import { ORGANIZATION } from '../issuer/world.ts'

/** The key of RFC 8037 appendix A: all processes of a test have the same. */
const JWK = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

/** Opens an organization on a file. */
export async function openOrganization(file: string): Promise<Organization & { readonly store: Store }> {
  const store = createSqliteStore({ file })
  const signer = await importSigner({ ...JWK, kid: `${ORGANIZATION}#key-1` }, { alg: 'EdDSA' })
  return { store, ...(await createOrganization(store, signer)) }
}

/** Starts a process of `worker.ts`. Its standard output is a pipe. */
export function startWorker(role: string, file: string): ChildProcess {
  return fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [role, file], {
    execArgv: ['--import', 'tsx', '--conditions=comity-source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
}
