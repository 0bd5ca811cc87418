// Acme attests the posture of its agent; Globex, which shares no identity provider with Acme, judges it.
import { createTrustRegistry, generateSigner, parseDemand } from 'comity'
import { issueCredential, verifyCredential } from 'comity/credentials'
import { evaluateDemand } from 'comity/demand'
import { createDidResolver, didKeyFromJwk } from 'comity/did'
import { withKid } from 'comity/keys'
import { createGuardedFetch } from 'comity/net'
import { createStatusChecker } from 'comity/status'

const key = await generateSigner({ alg: 'Ed25519' })
const acme = didKeyFromJwk(key.publicJwk)
const agent = didKeyFromJwk((await generateSigner({ alg: 'Ed25519' })).publicJwk)
const now = Math.floor(Date.now() / 1000)

const token = await issueCredential({
  signer: withKid(key, `${acme}#${acme.slice('did:key:'.length)}`),
  issuer: acme,
  type: 'AgentPostureCredential',
  subject: agent,
  claims: {
    assessedAt: new Date((now - 600) * 1000).toISOString(),
    attestation: { method: 'none' },
    patchAgeDays: 3,
    openCriticalVulnerabilities: 0,
    sandbox: 'container',
    egressControl: 'allow-list',
    region: 'eu',
  },
  validFrom: now,
  validUntil: now + 3600,
})

const demand = parseDemand({
  credentials: [
    {
      id: 'posture',
      format: 'vc+jwt',
      meta: { type_values: [['AgentPostureCredential']] },
      predicates: [
        { path: ['credentialSubject', 'openCriticalVulnerabilities'], op: 'range', min: 0, max: 0 },
        { path: ['credentialSubject', 'region'], op: 'in', values: ['eu', 'uk'] },
      ],
    },
  ],
  posture: { maxAge: 86_400 },
})

const fetch = createGuardedFetch()
const resolver = createDidResolver({ fetch })
const options = {
  resolver,
  status: createStatusChecker({ fetch, resolver }),
  trust: createTrustRegistry({ issuers: [{ did: acme, types: ['AgentPostureCredential'] }] }),
  holder: agent, // whoever has just proven to be this DID: a credential is never a bearer token
}
const { issuer, types, document } = await verifyCredential(token, options)
const facts = { did: agent, credentials: [{ format: 'vc+jwt', issuer, types, claims: document }] }
console.log('demand met:', evaluateDemand(demand, facts, { now }).met)

const tomorrow = { now: now + 86_400 }
console.log(
  'tomorrow:  ',
  evaluateDemand(demand, facts, tomorrow)
    .unmet.map(({ rule }) => rule)
    .join(', '),
)

const forged = token.replace(/.(?=.{20}$)/, (char) => (char === 'A' ? 'B' : 'A'))
const error = await verifyCredential(forged, options).catch((reason: unknown) => reason)
console.log('forged:    ', (error as { code: string }).code)
