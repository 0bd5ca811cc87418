import type { JsonObject } from '../../src/encoding/index.ts'
import { createManualInitiator, type ManualIdentity, type ManualInitiator } from './manual-initiator.ts'
import { PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from './world.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The text with one character replaced by another of base64url; in the middle, or where it is told. */
export function flipCharacter(text: string, at: number = Math.floor(text.length / 2)): string {
  const next = ALPHABET[(ALPHABET.indexOf(text[at] ?? 'A') + 1) % ALPHABET.length] ?? 'A'
  return text.slice(0, at) + next + text.slice(at + 1)
}

/** What an agent of Acme's would honestly say to Globex. */
export function honestIdentity(world: World, agent: AcmeAgent): ManualIdentity {
  return {
    did: agent.did,
    signer: agent.signer,
    peer: world.globex.did,
    evidence: evidenceOf(agent),
    demand: PARTNER_DEMAND as unknown as JsonObject,
    request: REQUEST,
  }
}

/** The evidence for Globex's demand. */
export function evidenceOf({ credentials }: Pick<AcmeAgent, 'credentials'>): JsonObject[] {
  return [
    { query: 'capability', format: 'vc+jwt', value: credentials.AgentCapabilityCredential ?? '' },
    { query: 'posture', format: 'vc+jwt', value: credentials.AgentPostureCredential ?? '' },
  ]
}

/** A run whose offer has been read: the next message is the present. */
export async function startedRun(
  world: World,
  agent: AcmeAgent,
  changes: Partial<ManualIdentity> = {},
): Promise<ManualInitiator> {
  const run = await createManualInitiator({ ...honestIdentity(world, agent), ...changes })
  const offer = await world.post(run.hello)
  await run.readOffer(offer.body)
  return run
}

/** Sends the present and reads the answer. */
export async function answerTo(
  world: World,
  run: ManualInitiator,
  changes?: Parameters<ManualInitiator['present']>[0],
): Promise<JsonObject> {
  const { body } = await world.post(await run.present(changes))
  return run.readAnswer(body)
}
