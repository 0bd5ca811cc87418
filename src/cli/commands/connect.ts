import { join } from 'node:path'
import { createAgent } from '../../agent/index.ts'
import { parseAuthorizationDetails } from '../../authorization/index.ts'
import { parseDemand } from '../../demand/index.ts'
import { readJson } from '../folder.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { print, type ProgramOutput } from '../output.ts'
import { withState } from '../state.ts'
import type { FolderFlags } from './did.ts'
import { trustOf } from './trust.ts'

/** The flags of `comity connect`. */
export interface ConnectFlags extends FolderFlags, NetworkFlags {
  readonly request: string
  readonly demand?: string
  readonly method: string
}

/** Runs a handshake with a partner and sends one request in the session. Gives the exit code. */
export async function connect(
  peer: string,
  path: string,
  flags: ConnectFlags,
  output: ProgramOutput,
): Promise<number> {
  const { dir, json } = flags
  const demand = parseDemand(await readJson(flags.demand ?? join(dir, 'demand.json')))
  const request = parseAuthorizationDetails(await readJson(flags.request))
  const fetch = await fetchFor(flags)
  try {
    return await withState(dir, async ({ config, wallet, store }) => {
      const trust = await trustOf(dir, { fetch, store })
      const agent = await createAgent({ did: config.did, wallet, trust, fetch })
      output.writeError(`handshake with ${peer} …`)
      const session = await agent.connect(peer, { request, demand })
      output.writeError(`session ${session.id}; ${flags.method} ${path} …`)
      const response = await session.fetch(path, { method: flags.method as 'GET' })
      const body = await response.text()
      print(output, json, { ok: response.ok, session: session.id, status: response.status, body }, [
        String(response.status),
        body,
      ])
      return response.ok ? 0 : 1
    })
  } finally {
    fetch.close()
  }
}
