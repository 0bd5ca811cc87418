import { beforeEach, describe, expect, it } from 'vitest'
import { CREDENTIAL_TYPES, parseCredential } from '../../src/credentials/index.ts'
import { createIssuer, MAX_LIFETIMES } from '../../src/issuer/index.ts'
import { parseJws, verifyJwsSignature } from '../../src/keys/index.ts'
import { createEventPublisher } from '../../src/revocation/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { AGENT, CLAIMS, createWorld, DAY, HOUR, NOW, ORGANIZATION, type World } from './world.ts'

const posture = { subject: AGENT, claims: CLAIMS.AgentPostureCredential }

let world: World
beforeEach(async () => {
  world = await createWorld()
})

describe('issue', () => {
  it.each(CREDENTIAL_TYPES)('gives a %s that verifies and can be taken back', async (type) => {
    const { issuer, signer, isSet } = world
    const issued = await issuer.issue(type, { subject: AGENT, claims: CLAIMS[type], lifetimeSeconds: HOUR })
    const parsed = parseCredential(issued.token)
    await expect(verifyJwsSignature(parseJws(issued.token), signer.publicJwk)).resolves.toBeDefined()
    expect(parsed).toMatchObject({
      id: issued.id,
      issuer: ORGANIZATION,
      subject: AGENT,
      types: ['VerifiableCredential', type],
      kid: signer.kid,
      validFrom: NOW,
      validUntil: NOW + HOUR,
      status: issued.statusEntries,
    })
    expect(parsed.document['credentialSubject']).toEqual({ ...CLAIMS[type], id: AGENT })
    expect(issued.id).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(issued.validUntil).toBe(NOW + HOUR)
    expect(issued.statusEntries).toMatchObject([
      { type: 'BitstringStatusListEntry', statusPurpose: 'revocation' },
      { type: 'BitstringStatusListEntry', statusPurpose: 'suspension' },
    ])
    expect(await isSet(issued.statusEntries, 'revocation')).toBe(false)
    expect(await isSet(issued.statusEntries, 'suspension')).toBe(false)
    expect(Object.isFrozen(issued)).toBe(true)
  })

  it('names the credential by the digest that a wallet gives it', async () => {
    const wallet = createMemoryWallet()
    await wallet.addKey(AGENT, { ...world.signer, kid: `${AGENT}#key-1` })
    const { token, digest } = await world.issuer.issue('AgentPostureCredential', {
      ...posture,
      lifetimeSeconds: 60,
    })
    expect((await wallet.addCredential(token, { release: 'never' })).digest).toBe(digest)
  })

  it('takes a beginning and an end', async () => {
    const period = { validFrom: NOW - 10, validUntil: NOW + 10.5 }
    const { token, validUntil } = await world.issuer.issue('AgentPostureCredential', {
      ...posture,
      ...period,
    })
    expect(parseCredential(token)).toMatchObject(period)
    expect(validUntil).toBe(NOW + 10.5)
  })

  it('counts a lifetime from the beginning', async () => {
    const options = { ...posture, validFrom: NOW + 100, lifetimeSeconds: 50 }
    const { validUntil } = await world.issuer.issue('AgentPostureCredential', options)
    expect(validUntil).toBe(NOW + 150)
  })

  it('never gives the same places or ids', async () => {
    const issued = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.issuer.issue('AgentPostureCredential', { ...posture, lifetimeSeconds: 60 }),
      ),
    )
    expect(new Set(issued.map(({ id }) => id)).size).toBe(20)
    const places = issued.flatMap(({ statusEntries }) => statusEntries.map((entry) => JSON.stringify(entry)))
    expect(new Set(places).size).toBe(40)
  })

  it('writes an audit record, without claims and without the token', async () => {
    const { id, token, digest } = await world.issuer.issue('AgentPostureCredential', {
      ...posture,
      lifetimeSeconds: 60,
    })
    const entries = await world.audit.read()
    expect(entries).toMatchObject([
      {
        record: {
          time: NOW,
          kind: 'issuance',
          actor: ORGANIZATION,
          peer: AGENT,
          action: 'issue',
          outcome: 'issued',
          details: { credential: id, digest, type: 'AgentPostureCredential' },
        },
      },
    ])
    expect(JSON.stringify(entries)).not.toContain('allow-list')
    expect(JSON.stringify(entries)).not.toContain(token)
  })

  it('keeps neither claims nor token in the store', async () => {
    const { token } = await world.issuer.issue('AgentPostureCredential', { ...posture, lifetimeSeconds: 60 })
    const stored = JSON.stringify(await world.store.list('issuer/'))
    expect(stored).toContain(AGENT)
    expect(stored).not.toContain('allow-list')
    expect(stored).not.toContain(token)
  })

  it('gives out nothing that is not on record', async () => {
    const { store } = world
    const failing = { ...store, put: () => Promise.reject(new Error('the disk is full')) }
    const issuer = world.restart({ store: failing })
    const issued = issuer.issue('AgentPostureCredential', { ...posture, lifetimeSeconds: 60 })
    await expect(issued).rejects.toThrow('the disk is full')
  })

  it.each(CREDENTIAL_TYPES)('keeps a %s within its longest lifetime', async (type) => {
    const most = MAX_LIFETIMES[type]
    const options = { subject: AGENT, claims: CLAIMS[type] }
    await expect(world.issuer.issue(type, { ...options, lifetimeSeconds: most })).resolves.toBeDefined()
    await expect(world.issuer.issue(type, { ...options, lifetimeSeconds: most + 1 })).rejects.toThrow(
      TypeError,
    )
    await expect(world.issuer.issue(type, { ...options, validUntil: NOW + most + 1 })).rejects.toThrow(
      TypeError,
    )
  })

  it('lets a posture live for hours, not days', () => {
    expect(MAX_LIFETIMES.AgentPostureCredential).toBeLessThanOrEqual(DAY)
  })

  it('keeps to lower limits of its own', async () => {
    const issuer = world.restart({ maxLifetimes: { AgentPostureCredential: HOUR } })
    const issue = (lifetimeSeconds: number): Promise<unknown> =>
      issuer.issue('AgentPostureCredential', { ...posture, lifetimeSeconds })
    await expect(issue(HOUR)).resolves.toBeDefined()
    await expect(issue(HOUR + 1)).rejects.toThrow(TypeError)
  })

  it.each([
    ['no end', {}],
    ['two ends', { lifetimeSeconds: 60, validUntil: NOW + 60 }],
    ['an end in the past', { validFrom: NOW - 60, validUntil: NOW }],
    ['an end before its beginning', { validFrom: NOW + 60, validUntil: NOW + 30 }],
    ['a negative lifetime', { lifetimeSeconds: -1 }],
    ['a lifetime that is no number', { lifetimeSeconds: Number.NaN }],
    ['an endless lifetime', { lifetimeSeconds: Infinity }],
    ['an end that is no number', { validUntil: '2027-01-01' }],
    ['a beginning that is no number', { validFrom: Number.NaN, lifetimeSeconds: 60 }],
  ])('refuses %s', async (_, period) => {
    const options = { ...posture, ...period } as never
    await expect(world.issuer.issue('AgentPostureCredential', options)).rejects.toThrow(TypeError)
    expect(await world.store.list('issuer/')).toEqual([])
  })

  it.each(['VerifiableCredential', 'AgentCredential', 'toString', undefined])(
    'refuses type %s',
    async (type) => {
      const issued = world.issuer.issue(type as never, { ...posture, lifetimeSeconds: 60 } as never)
      await expect(issued).rejects.toThrow(TypeError)
    },
  )

  it('refuses claims that do not fit the type', async () => {
    const issue = (): Promise<unknown> =>
      world.issuer.issue('AgentPostureCredential', {
        subject: AGENT,
        claims: { region: 'eu' },
        lifetimeSeconds: 60,
      })
    expect(await codeOfPromise(issue)).toBe('COMITY_CREDENTIAL_SCHEMA')
    expect(await world.audit.read()).toEqual([])
  })

  it('refuses a subject that is no DID', async () => {
    const issue = (): Promise<unknown> =>
      world.issuer.issue('AgentPostureCredential', { ...posture, subject: 'acme', lifetimeSeconds: 60 })
    expect(await codeOfPromise(issue)).toBe('COMITY_DID_INVALID')
  })

  it('needs a key to attest with', async () => {
    const wallet = createMemoryWallet()
    await wallet.addKey(ORGANIZATION, world.signer, ['authentication'])
    const issue = (): Promise<unknown> =>
      world.restart({ wallet }).issue('AgentPostureCredential', { ...posture, lifetimeSeconds: 60 })
    expect(await codeOfPromise(issue)).toBe('COMITY_WALLET_KEY_UNKNOWN')
  })
})

describe('createIssuer', () => {
  it('refuses what is no DID', () => {
    expect(codeOf(() => world.restart({ did: 'acme.example' }))).toBe('COMITY_DID_INVALID')
  })

  it('refuses events of another organization', () => {
    const events = createEventPublisher({
      store: world.store,
      signer: world.signer,
      issuer: 'did:web:globex.example',
    })
    expect(() => world.restart({ events })).toThrow(TypeError)
  })

  it.each([
    { AgentPostureCredential: DAY + 1 },
    { AgentPostureCredential: 0 },
    { AgentPostureCredential: Number.NaN },
    { VerifiableCredential: 1 },
  ])('refuses the limits %j', (maxLifetimes) => {
    expect(() => world.restart({ maxLifetimes })).toThrow(TypeError)
  })

  it('works without events, audit and clock', async () => {
    const { wallet, statusLists } = world
    const issuer = createIssuer({ wallet, did: ORGANIZATION, store: createMemoryStore(), statusLists })
    const issued = await issuer.issue('AgentPostureCredential', { ...posture, lifetimeSeconds: 60 })
    expect(Math.abs(issued.validUntil - 60 - Date.now() / 1000)).toBeLessThan(5)
    await issuer.revoke({ credential: issued.id }, { reason: 'compromised' })
    expect(await world.isSet(issued.statusEntries, 'revocation')).toBe(true)
  })
})
