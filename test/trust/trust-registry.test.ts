import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifyCredential } from '../../src/credentials/index.ts'
import { createTrustRegistry, trustAnyone, type TrustRegistryOptions } from '../../src/trust/index.ts'
import { createWorld, issuePosture } from '../credentials/world.ts'
import { codeOfPromise } from '../support/codes.ts'

const ACME = 'did:web:acme.example'
const GLOBEX = 'did:web:globex.example'
const INITECH = 'did:web:initech.example'
const POSTURE = 'AgentPostureCredential'
const SCOPE = 'AgentScopeCredential'

const registry = createTrustRegistry({
  issuers: [
    { did: ACME, types: [POSTURE] },
    { did: ACME, types: [SCOPE], audiences: [GLOBEX] },
  ],
})

describe('createTrustRegistry', () => {
  it.each<[string, string, string | undefined, boolean, string]>([
    [ACME, POSTURE, undefined, true, 'rule=static'],
    [ACME, POSTURE, INITECH, true, 'rule=static'],
    [ACME, SCOPE, GLOBEX, true, 'rule=static audience=named'],
    [ACME, SCOPE, INITECH, false, 'rule=static refused=other-audience'],
    [ACME, SCOPE, undefined, false, 'rule=static refused=other-audience'],
    [ACME, 'AgentCapabilityCredential', GLOBEX, false, 'rule=static refused=other-type'],
    [GLOBEX, POSTURE, undefined, false, 'rule=static refused=unknown-issuer'],
  ])('answers for %s, %s towards %s', async (issuer, type, audience, accepted, reason) => {
    const question = { issuer, type, ...(audience === undefined ? {} : { audience }) }
    expect(await registry.judge(question)).toEqual({ accepted, reason })
  })

  it.each([
    `${ACME}:sub`,
    `${ACME}.evil.example`,
    'did:web:ACME.example',
    'did:web:acme',
    ` ${ACME}`,
    `${ACME}#key-1`,
    '',
    'constructor',
    '__proto__',
  ])('compares exactly: not %o', async (issuer) => {
    expect((await registry.judge({ issuer, type: POSTURE })).accepted).toBe(false)
  })

  it.each(['agentposturecredential', 'AgentPosture', `${POSTURE} `, '', 'VerifiableCredential'])(
    'compares exactly: not the type %o',
    async (type) => {
      expect((await registry.judge({ issuer: ACME, type })).accepted).toBe(false)
    },
  )

  it('refuses everyone where it is empty', async () => {
    const empty = createTrustRegistry({ issuers: [] })
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.string(),
        fc.option(fc.string(), { nil: undefined }),
        async (issuer, type, to) => {
          const question = { issuer, type, ...(to === undefined ? {} : { audience: to }) }
          expect((await empty.judge(question)).accepted).toBe(false)
        },
      ),
    )
    expect((await empty.judge({ issuer: ACME, type: POSTURE })).accepted).toBe(false)
  })

  it('answers as a plain search of its entries would', async () => {
    const names = fc.constantFrom(ACME, GLOBEX, INITECH)
    const types = fc.constantFrom(POSTURE, SCOPE)
    const entry = fc.record(
      {
        did: names,
        types: fc.array(types, { minLength: 1, maxLength: 2 }),
        audiences: fc.array(names, { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: ['did', 'types'] },
    )
    const question = fc.record(
      { issuer: names, type: types, audience: names },
      { requiredKeys: ['issuer', 'type'] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 4 }), question, async (issuers, asked) => {
        const expected = issuers.some(
          ({ did, types: named, audiences }) =>
            did === asked.issuer &&
            named.includes(asked.type) &&
            (audiences === undefined || (asked.audience !== undefined && audiences.includes(asked.audience))),
        )
        const { accepted, reason } = await createTrustRegistry({ issuers }).judge(asked)
        expect(accepted).toBe(expected)
        expect(reason).not.toContain('did:')
      }),
    )
  })

  it('is not changed by what happens to its options', async () => {
    const types = [POSTURE]
    const issuers = [{ did: ACME, types }]
    const made = createTrustRegistry({ issuers })
    types.push(SCOPE)
    issuers.push({ did: GLOBEX, types: [POSTURE] })
    expect((await made.judge({ issuer: ACME, type: SCOPE })).accepted).toBe(false)
    expect((await made.judge({ issuer: GLOBEX, type: POSTURE })).accepted).toBe(false)
    expect(Object.isFrozen(made)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['no list', {}],
    ['a list that is none', { issuers: 'all' }],
    ['an issuer that is no DID', { issuers: [{ did: 'acme.example', types: [POSTURE] }] }],
    ['an issuer that is a DID URL', { issuers: [{ did: `${ACME}#key-1`, types: [POSTURE] }] }],
    ['an issuer without types', { issuers: [{ did: ACME }] }],
    ['an issuer that is believed nothing', { issuers: [{ did: ACME, types: [] }] }],
    ['a wildcard for types', { issuers: [{ did: ACME, types: ['*'] }] }],
    ['a wildcard within a type', { issuers: [{ did: ACME, types: ['Agent*'] }] }],
    ['a wildcard for issuers', { issuers: [{ did: '*', types: [POSTURE] }] }],
    ['an empty type', { issuers: [{ did: ACME, types: [''] }] }],
    ['no audience at all', { issuers: [{ did: ACME, types: [POSTURE], audiences: [] }] }],
    ['an audience that is no DID', { issuers: [{ did: ACME, types: [POSTURE], audiences: ['globex'] }] }],
    ['everyone, beside a list', { issuers: [{ did: ACME, types: [POSTURE] }], [trustAnyone]: true }],
    ['everyone, in other words', { issuers: [], [trustAnyone]: 'yes' }],
  ])('is not made from %s', (_name, options) => {
    expect(() => createTrustRegistry(options as TrustRegistryOptions)).toThrow(TypeError)
  })
})

describe('trustAnyone', () => {
  it('believes everyone everything, and says so', async () => {
    const anyone = createTrustRegistry({ issuers: [], [trustAnyone]: true })
    expect(await anyone.judge({ issuer: GLOBEX, type: 'Anything' })).toEqual({
      accepted: true,
      reason: 'rule=anyone',
    })
  })

  it('cannot be set by a configuration file', async () => {
    const text =
      '{"issuers":[],"trustAnyone":true,"Symbol(comity: trust anyone)":true,"comity: trust anyone":true}'
    const configured = createTrustRegistry(JSON.parse(text) as TrustRegistryOptions)
    expect((await configured.judge({ issuer: ACME, type: POSTURE })).accepted).toBe(false)
    expect(Symbol.for('comity: trust anyone')).not.toBe(trustAnyone)
  })
})

describe('with verifyCredential', () => {
  it('decides whether the issuer is believed, and why stands in the result', async () => {
    const { issuer, options } = await createWorld()
    const token = await issuePosture(issuer)
    const verified = await verifyCredential(token, { ...options, trust: registry })
    expect(verified.trustReason).toBe('rule=static')
    const trust = createTrustRegistry({ issuers: [{ did: ACME, types: [SCOPE] }] })
    const code = await codeOfPromise(async () => verifyCredential(token, { ...options, trust }))
    expect(code).toBe('COMITY_ISSUER_NOT_TRUSTED')
  })
})
