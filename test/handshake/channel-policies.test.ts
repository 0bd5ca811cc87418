import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDemand, type Demand } from '../../src/demand/index.ts'
import { ComityError, TrustError } from '../../src/errors/index.ts'
import { checkChannelBinding, demandOver } from '../../src/handshake/channel.ts'
import type { Channel, ChannelPolicy } from '../../src/handshake/index.ts'
import { createPair } from '../support/pair.ts'

/** Both sides' policies and connections in all combinations, without a network. */

const POLICIES = ['required', 'if-present', 'off', undefined] as const
type Policy = (typeof POLICIES)[number]

/** An end of a connection that has this secret. */
function end(secret: string): Channel {
  return {
    exportKeyingMaterial: (length, label, context) =>
      new Uint8Array(createHmac('sha256', secret).update(label).update(context).digest().subarray(0, length)),
  }
}

function demandOf(binding: Policy): Demand {
  const channel = binding === undefined ? {} : { channel: { binding } }
  return parseDemand(binding === 'required' ? channel : { anyone: true, ...channel })
}

interface Case {
  readonly initiator: Policy
  readonly responder: Policy
  /** The secret of the connection that each end knows; undefined where it knows none. */
  readonly own: string | undefined
  readonly theirs: string | undefined
}

/** What the specification says, in its own order. */
function expected({ initiator = 'if-present', responder = 'if-present', own, theirs }: Case): string {
  const binds = {
    initiator: own !== undefined && initiator !== 'off',
    responder: theirs !== undefined && responder !== 'off',
  }
  if (responder === 'required' && !binds.responder) return 'COMITY_CHANNEL_BINDING_UNSUPPORTED'
  if (initiator === 'required' && !binds.initiator) return 'COMITY_CHANNEL_BINDING_UNSUPPORTED'
  if (initiator === 'required' && !binds.responder) return 'COMITY_CHANNEL_BINDING_REQUIRED'
  if (binds.initiator && binds.responder && own !== theirs) return 'COMITY_CHANNEL_BINDING_MISMATCH'
  if (responder === 'required' && initiator === 'off') return 'COMITY_CHANNEL_BINDING_REQUIRED'
  if (responder === 'required' && !binds.initiator) return 'COMITY_CHANNEL_BINDING_UNSUPPORTED'
  return 'accepted'
}

async function outcome({ initiator, responder, own, theirs }: Case): Promise<string> {
  const pair = await createPair({ demand: demandOf(responder) })
  const run = pair.honest(demandOf(initiator))
  const far = theirs === undefined ? undefined : end(theirs)
  const near = own === undefined ? undefined : end(own)
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
  try {
    const offer = await pair.send(await run.hello(), far)
    const answer = await pair.send(await run.present(offer, near), far)
    expect(decode(answer)).toContain('box')
    await run.finish(answer)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return error.code
  }
}

const CASES: Case[] = POLICIES.flatMap((initiator) =>
  POLICIES.flatMap((responder) =>
    [undefined, 'one'].flatMap((own) =>
      [undefined, 'one', 'two'].map((theirs) => ({ initiator, responder, own, theirs })),
    ),
  ),
)

it.each(CASES)(
  'I $initiator over $own, R $responder over $theirs: as the specification says',
  async (each) => {
    expect(await outcome(each)).toBe(expected(each))
  },
)

describe('an answer', () => {
  it.each(['one', undefined])('over another connection than the present is refused (%s)', async (later) => {
    const pair = await createPair()
    const run = pair.honest(demandOf(later === undefined ? 'required' : undefined))
    const offer = await pair.send(await run.hello(), end('one'))
    const present = await run.present(offer, end('one'))
    const send = pair.send(present, later === undefined ? undefined : end('two'))
    // The responder cannot check the binding any more, or it is another.
    await expect(send).rejects.toMatchObject({
      code: later === undefined ? 'COMITY_CHANNEL_BINDING_UNSUPPORTED' : 'COMITY_CHANNEL_BINDING_MISMATCH',
    })
  })
})

describe('a client that is gone when its message is judged', () => {
  const gone: Channel = {
    exportKeyingMaterial: () => {
      throw new TrustError('COMITY_CHANNEL_BINDING_UNSUPPORTED', 'the connection has ended')
    },
  }

  it('gets the answer for the same bytes over another connection, not bound to any', async () => {
    const pair = await createPair()
    const run = pair.honest(demandOf(undefined))
    const present = await run.present(await pair.send(await run.hello(), end('one')))
    const first = await pair.send(present, gone)
    const again = await pair.send(present, end('two'))
    expect(again).toEqual(first)
    expect((await run.finish(again)).peer).toBe(pair.responder.did)
  })

  it('has no session where its message was bound', async () => {
    const pair = await createPair()
    const run = pair.honest(demandOf('required'))
    const present = await run.present(await pair.send(await run.hello(), end('one')), end('one'))
    await expect(pair.send(present, gone)).rejects.toMatchObject({
      code: 'COMITY_CHANNEL_BINDING_UNSUPPORTED',
    })
  })
})

describe('the demand that is sent', () => {
  it.each<[Policy, boolean, ChannelPolicy | undefined]>([
    ['required', true, 'required'],
    ['if-present', true, 'if-present'],
    [undefined, true, 'if-present'],
    ['if-present', false, undefined],
    ['off', false, undefined],
    [undefined, false, undefined],
  ])('for %s, over a known connection: %s, asks for %s', (policy, isKnown, asked) => {
    const sent = demandOver(isKnown ? end('one') : undefined, demandOf(policy))
    expect(sent.channel?.binding).toBe(asked)
    expect(parseDemand(sent)).toEqual(sent)
  })
})

describe('any value of `cb`', () => {
  const honest = 'A'.repeat(43)
  const any = fc.oneof(fc.string(), fc.constantFrom(honest, `${honest}=`, honest.slice(1)), fc.jsonValue())

  it('is the right one, or is refused with a code', () => {
    fc.assert(
      fc.property(any, fc.boolean(), fc.boolean(), (cb, isRequired, isKnown) => {
        const expectation = { of: isKnown ? () => honest : undefined, isRequired, ignoresUnknown: false }
        try {
          expect(checkChannelBinding({ cb: cb as never }, 'did:web:acme.example', expectation)).toBe(true)
          expect([cb, isKnown]).toEqual([honest, true])
        } catch (error) {
          if (!(error instanceof ComityError)) throw error
          expect(error.code).toMatch(/^COMITY_(?:CHANNEL_BINDING|HANDSHAKE_MALFORMED)/)
        }
      }),
    )
  })

  it('with one character changed is refused', () => {
    const of = (): string => Buffer.alloc(32, 0x5a).toString('base64url')
    const expectation = { of, isRequired: true, ignoresUnknown: false }
    expect(checkChannelBinding({ cb: of() }, 'did:web:acme.example', expectation)).toBe(true)
    fc.assert(
      fc.property(fc.nat({ max: 42 }), fc.constantFrom(...'ABCDEFxyz019-_'), (at, character) => {
        const cb = of().slice(0, at) + character + of().slice(at + 1)
        fc.pre(cb !== of())
        expect(() => checkChannelBinding({ cb }, 'did:web:acme.example', expectation)).toThrow(ComityError)
      }),
    )
  })
})
