import type { Side, SpirePair } from './pair.ts'

/**
 * Makes a new authority of a trust domain and signs with it from then on. The old one stays in the bundle.
 *
 * @param kind - Of X.509-SVIDs or JWT-SVIDs.
 */
export async function rotate(pair: SpirePair, side: Side, kind: 'x509' | 'jwt'): Promise<void> {
  const text = await pair.server(side, 'localauthority', kind, 'prepare', '-output', 'json')
  const { prepared_authority: prepared } = JSON.parse(text) as {
    prepared_authority: { authority_id: string }
  }
  await pair.server(side, 'localauthority', kind, 'activate', '-authorityID', prepared.authority_id)
}
