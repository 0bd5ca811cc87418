import { join } from 'node:path'
import { didWebFromUrl, parseDid } from '../../did/index.ts'
import { createFolder, writeJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { keepDocument } from '../published.ts'
import { agentDocument, organizationDocument, withState, type FolderState } from '../state.ts'

/** The flags of `comity init`. */
export interface InitFlags {
  /** The origin of an organization. */
  readonly origin?: string
  /** The DID of an agent. */
  readonly agent?: string
  /** The DID of the organization that answers for the agent. */
  readonly organization?: string
  readonly json: boolean
}

/** What is asked of whoever comes, until the file is edited: an agent whose posture somebody trusted has assessed. */
const AGENT_DEMAND = {
  credentials: [
    { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
    { id: 'posture', format: 'vc+jwt', meta: { type_values: [['AgentPostureCredential']] } },
  ],
  posture: { maxAge: 86_400 },
}

/** What an agent asks of a partner, until the file is edited. */
const PARTNER_DEMAND = { anyone: true }

/** Makes the folder of an organization or an agent. Gives the exit code. */
export async function init(folder: string, flags: InitFlags, output: ProgramOutput): Promise<number> {
  const { origin, agent, organization } = flags
  if (origin !== undefined && agent === undefined && organization === undefined) {
    return initOrganization(folder, origin, flags, output)
  }
  if (origin === undefined && agent !== undefined && organization !== undefined) {
    return initAgent(folder, { did: agent, organization }, flags, output)
  }
  throw new UsageError('give --origin for an organization, or --agent and --organization for an agent')
}

async function initOrganization(
  folder: string,
  origin: string,
  { json }: InitFlags,
  output: ProgramOutput,
): Promise<number> {
  if (!URL.canParse(origin) || new URL(origin).origin !== origin || !origin.startsWith('https://')) {
    throw new UsageError('--origin must be an https origin, such as https://agents.acme.example')
  }
  const did = didWebFromUrl(origin)
  await createFolder(folder, { kind: 'organization', did, origin })
  await withState(folder, async (state) => {
    await keepDocument(state.store, organizationDocument(did, origin, await firstKey(state)))
  })
  await writeJson(join(folder, 'demand.json'), AGENT_DEMAND)
  await writeJson(join(folder, 'resources.json'), [])
  await writeJson(join(folder, 'trust.json'), { issuers: [] })
  print(output, json, { ok: true, folder, did }, [
    `${did} is ready in ${folder}`,
    'next: `comity serve` publishes it; `comity issue` attests something about an agent',
  ])
  return 0
}

async function initAgent(
  folder: string,
  { did, organization }: { readonly did: string; readonly organization: string },
  { json }: InitFlags,
  output: ProgramOutput,
): Promise<number> {
  parseDid(did)
  parseDid(organization)
  await createFolder(folder, { kind: 'agent', did, organization })
  const document = join(folder, 'did.json')
  await withState(folder, async (state) => {
    await writeJson(document, agentDocument(did, organization, await firstKey(state)))
  })
  await writeJson(join(folder, 'demand.json'), PARTNER_DEMAND)
  await writeJson(join(folder, 'trust.json'), { issuers: [] })
  print(output, json, { ok: true, folder, did, document }, [
    `${did} is ready in ${folder}`,
    `next: its organization publishes ${document} with \`comity did publish\``,
  ])
  return 0
}

async function firstKey({ config, wallet }: FolderState): Promise<DocumentKeys> {
  const signer = await wallet.createKey(config.did, { alg: 'Ed25519' })
  return [{ fragment: signer.kid.slice(config.did.length), jwk: signer.publicJwk }]
}

type DocumentKeys = Parameters<typeof organizationDocument>[2]
