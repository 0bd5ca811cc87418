import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { generateSigner } from '../../../src/keys/index.ts'
import {
  assertLease,
  verifyRequest,
  type SessionRequest,
  type VerifyRequestOptions,
} from '../../../src/session/index.ts'
import { setScene, type Scene } from '../../session/support.ts'

/** Verifies a request that is good but for one thing. */
async function provoke(
  spoil: (scene: Scene, request: SessionRequest) => Promise<Partial<SessionRequest>>,
  options: Partial<VerifyRequestOptions> = {},
): Promise<unknown> {
  const scene = await setScene()
  const request = await scene.request(await scene.token())
  return await verifyRequest(
    { ...request, ...(await spoil(scene, request)) },
    { ...scene.options, ...options },
  )
}

/** What provokes each error of sessions. */
export const session = {
  COMITY_SESSION_TOKEN_INVALID: () =>
    provoke((_scene, { authorization }) =>
      Promise.resolve({ authorization: (authorization ?? '').replace('DPoP', 'Bearer') }),
    ),
  COMITY_DPOP_INVALID: () => provoke(() => Promise.resolve({ method: 'POST' })),
  COMITY_DPOP_KEY_MISMATCH: () =>
    provoke(async (scene, { authorization }) => {
      const token = (authorization ?? '').slice('DPoP '.length)
      return await scene.request(token, { signer: await generateSigner({ alg: 'ES256' }) })
    }),
  COMITY_DPOP_REPLAYED: () =>
    provoke(async (scene, request) => {
      await verifyRequest(request, scene.options)
      return {}
    }),
  COMITY_SESSION_UNKNOWN: () =>
    provoke(async (scene) => {
      await scene.store.take(`session/${scene.session.id}`)
      return {}
    }),
  COMITY_SESSION_ENDED: () =>
    provoke(async (scene) => {
      await scene.registry.end(scene.session.id, 'revoked')
      return {}
    }),
  COMITY_SESSION_SUSPENDED: () => {
    assertLease({ organizations: ['did:web:acme.example'] }, { lastHeard: () => 100, now: 131 })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
