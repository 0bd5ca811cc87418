import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { issueCredential, type AgentCredentialType } from '../../src/credentials/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, signJws, type Signer } from '../../src/keys/index.ts'
import { createMemoryWallet, MAX_WALLET_CREDENTIALS, type Wallet } from '../../src/wallet/index.ts'
import { codeOfPromise } from '../support/codes.ts'

const ISSUER = 'did:web:acme.example'
const AGENT = 'did:web:acme.example:agents:invoices'
const OTHER = 'did:web:acme.example:agents:reports'
const NOW = 1_790_000_000

const DEMAND = {
  credentials: [
    { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
  ],
} as const

const CLAIMS = {
  AgentCapabilityCredential: { authorizationDetails: [{ type: 'invoices', actions: ['read'] }] },
  AgentPostureCredential: {
    assessedAt: '2026-09-21T14:13:20Z',
    attestation: { method: 'none' },
    patchAgeDays: 1,
    openCriticalVulnerabilities: 0,
    sandbox: 'container',
    egressControl: 'allow-list',
    region: 'eu',
  },
} as const

const issuer = await generateSigner({ alg: 'Ed25519', kid: `${ISSUER}#key-1` })
const key = await generateSigner({ alg: 'Ed25519', kid: `${AGENT}#key-1` })

function issue(type: keyof typeof CLAIMS & AgentCredentialType, subject = AGENT): Promise<string> {
  return issueCredential({
    signer: issuer,
    issuer: ISSUER,
    type,
    subject,
    claims: CLAIMS[type],
    validFrom: NOW,
    validUntil: NOW + 3600,
  })
}

let wallet: Wallet
beforeEach(async () => {
  wallet = createMemoryWallet()
  await wallet.addKey(AGENT, key)
})

describe('keys', () => {
  const signer = (kid: string): Promise<Signer> => generateSigner({ alg: 'ES256', kid })

  it('sign for their DID', async () => {
    expect(await wallet.dids()).toEqual([AGENT])
    expect(await wallet.signer(AGENT)).toBe(key)
    expect(await wallet.signer(AGENT, 'assertionMethod')).toBe(key)
  })

  it('sign for their purposes only', async () => {
    const attesting = await signer(`${OTHER}#attest`)
    await wallet.addKey(OTHER, attesting, ['assertionMethod'])
    expect(await wallet.signer(OTHER, 'assertionMethod')).toBe(attesting)
    expect(await codeOfPromise(() => wallet.signer(OTHER, 'authentication'))).toBe(
      'COMITY_WALLET_KEY_UNKNOWN',
    )
    expect(await codeOfPromise(() => wallet.signer(OTHER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
  })

  it('are never those of another DID', async () => {
    expect(await codeOfPromise(() => wallet.signer(OTHER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    expect(await codeOfPromise(() => wallet.signer(ISSUER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
  })

  it('give way to the one added last', async () => {
    const next = await signer(`${AGENT}#key-2`)
    await wallet.addKey(AGENT, next)
    expect(await wallet.signer(AGENT)).toBe(next)
    await wallet.addKey(AGENT, key)
    expect(await wallet.signer(AGENT)).toBe(key)
    expect(await wallet.dids()).toEqual([AGENT])
  })

  it('do not change their purposes when the caller changes the list', async () => {
    const purposes: 'assertionMethod'[] = ['assertionMethod']
    await wallet.addKey(OTHER, await signer(`${OTHER}#key-1`), purposes)
    purposes.pop()
    await expect(wallet.signer(OTHER, 'assertionMethod')).resolves.toBeDefined()
  })

  it.each([
    ['of another DID', `${OTHER}#key-1`],
    ['of a DID that starts like it', `${AGENT}:more#key-1`],
    ['without a fragment', AGENT],
    ['with an empty fragment', `${AGENT}#`],
  ])('with a kid %s are a mistake', async (_, kid) => {
    await expect(wallet.addKey(AGENT, { ...key, kid })).rejects.toThrow(TypeError)
  })

  it('with a kid that is no DID URL are refused', async () => {
    expect(await codeOfPromise(() => wallet.addKey(AGENT, { ...key, kid: 'key-1' }))).toBe(
      'COMITY_DID_INVALID',
    )
    expect(await codeOfPromise(() => wallet.addKey('acme', { ...key, kid: 'acme#key-1' }))).toBe(
      'COMITY_DID_INVALID',
    )
  })

  it('need a purpose that exists', async () => {
    await expect(wallet.addKey(AGENT, key, [])).rejects.toThrow(TypeError)
    await expect(wallet.addKey(AGENT, key, ['keyAgreement' as 'authentication'])).rejects.toThrow(TypeError)
  })

  it('are at most a thousand', async () => {
    for (let n = 2; n <= 1000; n++) await wallet.addKey(AGENT, { ...key, kid: `${AGENT}#key-${n}` })
    const more = { ...key, kid: `${AGENT}#key-1001` }
    expect(await codeOfPromise(() => wallet.addKey(AGENT, more))).toBe('COMITY_WALLET_FULL')
    await wallet.addKey(AGENT, key)
    expect(await wallet.signer(AGENT)).toBe(key)
  })
})

describe('credentials', () => {
  it('are held with what the release rules and demands need to know', async () => {
    const token = await issue('AgentPostureCredential')
    const held = await wallet.addCredential(token, { release: 'public' })
    expect(held).toMatchObject({
      token,
      format: 'vc+jwt',
      types: ['VerifiableCredential', 'AgentPostureCredential'],
      issuer: ISSUER,
      subject: AGENT,
      release: 'public',
      validUntil: NOW + 3600,
      assessedAt: NOW,
    })
    expect(held.document['credentialSubject']).toMatchObject({ region: 'eu' })
    expect(held.digest).toMatch(/^[\w-]{43}$/)
    expect(Object.isFrozen(held)).toBe(true)
    expect(await wallet.credentials(AGENT)).toEqual([held])
    expect(await wallet.credentials(OTHER)).toEqual([])
  })

  it('without an assessment have no time of one', async () => {
    const held = await wallet.addCredential(await issue('AgentCapabilityCredential'), { release: 'never' })
    expect(held).not.toHaveProperty('assessedAt')
  })

  it('take a demand as release rule', async () => {
    const held = await wallet.addCredential(await issue('AgentPostureCredential'), { release: DEMAND })
    expect(held.release).toEqual(DEMAND)
  })

  it('keep their release rule when the caller changes the object', async () => {
    const release = structuredClone(DEMAND) as { credentials?: unknown }
    const held = await wallet.addCredential(await issue('AgentPostureCredential'), {
      release: release as typeof DEMAND,
    })
    delete release.credentials
    expect(held.release).toEqual(DEMAND)
  })

  it('have no release rule by default', async () => {
    const token = await issue('AgentPostureCredential')
    await expect(wallet.addCredential(token, {} as never)).rejects.toThrow(TypeError)
    await expect(wallet.addCredential(token, undefined as never)).rejects.toThrow(TypeError)
    expect(await wallet.credentials(AGENT)).toEqual([])
  })

  it.each(['Public', 'always', '', null, true, [], { credentials: 'all' }, { public: true }])(
    'refuse the release rule %j',
    async (release) => {
      const token = await issue('AgentPostureCredential')
      const add = (): Promise<unknown> => wallet.addCredential(token, { release: release as never })
      expect(await codeOfPromise(add)).toBe('COMITY_DEMAND_INVALID')
      expect(await wallet.credentials(AGENT)).toEqual([])
    },
  )

  it('that are added again change their release rule, and are there once', async () => {
    const token = await issue('AgentPostureCredential')
    await wallet.addCredential(token, { release: 'public' })
    await wallet.addCredential(token, { release: 'never' })
    expect(await wallet.credentials(AGENT)).toMatchObject([{ release: 'never' }])
  })

  it('are told apart by their tokens, not by their ids', async () => {
    const options = {
      signer: issuer,
      issuer: ISSUER,
      type: 'AgentPostureCredential',
      subject: AGENT,
      claims: CLAIMS.AgentPostureCredential,
      validFrom: NOW,
      id: 'urn:uuid:00000000-0000-4000-8000-000000000000',
    } as const
    const one = await wallet.addCredential(await issueCredential({ ...options, validUntil: NOW + 1 }), {
      release: 'never',
    })
    const two = await wallet.addCredential(await issueCredential({ ...options, validUntil: NOW + 2 }), {
      release: 'public',
    })
    expect(await wallet.credentials(AGENT)).toEqual([one, two])
    expect(await wallet.removeCredential(one.digest)).toBe(true)
    expect(await wallet.removeCredential(one.digest)).toBe(false)
    expect(await wallet.credentials(AGENT)).toEqual([two])
  })

  it.each([
    ['another agent', OTHER],
    ['a DID that starts like it', `${AGENT}:more`],
  ])('about %s are refused', async (_, subject) => {
    const token = await issue('AgentPostureCredential', subject)
    const add = (): Promise<unknown> => wallet.addCredential(token, { release: 'never' })
    expect(await codeOfPromise(add)).toBe('COMITY_WALLET_CREDENTIAL_INVALID')
  })

  it('about nobody are refused', async () => {
    const payload = {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential'],
      issuer: ISSUER,
      credentialSubject: { region: 'eu' },
    }
    const token = await signJws({ header: { typ: 'vc+jwt' }, payload, signer: issuer })
    const add = (): Promise<unknown> => wallet.addCredential(token, { release: 'never' })
    expect(await codeOfPromise(add)).toBe('COMITY_WALLET_CREDENTIAL_INVALID')
  })

  it('that are too large, or no credentials, are refused', async () => {
    const add = (token: string): Promise<unknown> => wallet.addCredential(token, { release: 'never' })
    expect(await codeOfPromise(() => add('a'.repeat(100_000)))).toBe('COMITY_CREDENTIAL_TOO_LARGE')
    const jwt = await signJws({ header: { typ: 'JWT' }, payload: { sub: AGENT }, signer: issuer })
    expect(await codeOfPromise(() => add(jwt))).toBe('COMITY_JWT_TYP_MISMATCH')
    await expect(add(undefined as never)).rejects.toThrow(TypeError)
  })

  it('are at most a thousand', async () => {
    const tokens: string[] = []
    for (let n = 0; n < MAX_WALLET_CREDENTIALS; n++) tokens.push(await issue('AgentPostureCredential'))
    for (const token of tokens) await wallet.addCredential(token, { release: 'never' })
    const another = await issue('AgentPostureCredential')
    const add = (): Promise<unknown> => wallet.addCredential(another, { release: 'never' })
    expect(await codeOfPromise(add)).toBe('COMITY_WALLET_FULL')
    const again = await wallet.addCredential(tokens[0] ?? '', { release: 'public' })
    await wallet.removeCredential(again.digest)
    await expect(add()).resolves.toBeDefined()
  })

  it('of any text are an error with a code, and nothing else', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String()).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(wallet.addCredential(text, { release: 'never' })).rejects.toBeInstanceOf(ComityError)
      }),
    )
    expect(await wallet.credentials(AGENT)).toEqual([])
  })

  it('with any JSON as release rule are held only if it is a demand', async () => {
    const token = await issue('AgentPostureCredential')
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (release) => {
        const error: unknown = await wallet.addCredential(token, { release: release as never }).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (error !== undefined) expect(error).toHaveProperty('code', 'COMITY_DEMAND_INVALID')
        for (const held of await wallet.credentials(AGENT)) {
          expect(
            held.release === 'public' || held.release === 'never' || typeof held.release === 'object',
          ).toBe(true)
        }
      }),
    )
  })
})
