import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  AGENT_CREDENTIAL_TYPES,
  CREDENTIAL_TYPES,
  ORGANIZATION_CREDENTIAL_TYPES,
  answersFor,
  credentialSchemas,
  isAgentCredentialType,
  isCredentialType,
  type AgentCredentialClaims,
  type AgentCredentialType,
  type CredentialClaims,
  type CredentialType,
} from '../../src/credentials/index.ts'

import { ORGANIZATION } from './world.ts'

/** The TypeScript type of what a JSON Schema describes; of the keywords that the schemas here use. */
type FromSchema<Schema> = Schema extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : Schema extends { readonly type: 'array'; readonly items: infer Items }
    ? readonly FromSchema<Items>[]
    : Schema extends { readonly type: 'object'; readonly properties: infer Properties }
      ? FromProperties<
          Properties,
          Schema extends { readonly required: readonly (infer Name)[] } ? Name : never
        >
      : Schema extends { readonly type: 'integer' | 'number' }
        ? number
        : Schema extends { readonly type: 'boolean' }
          ? boolean
          : Schema extends { readonly type: 'string' }
            ? string
            : never

type FromProperties<Properties, Required> = Flat<
  { readonly [Name in keyof Properties & Required]: FromSchema<Properties[Name]> } & {
    readonly [Name in Exclude<keyof Properties, Required>]?: FromSchema<Properties[Name]>
  }
>

/** One object type instead of an intersection, all the way down, so that types can be compared exactly. */
type Flat<Type> = Type extends readonly (infer Item)[]
  ? readonly Flat<Item>[]
  : Type extends object
    ? { [Name in keyof Type]: Flat<Type[Name]> }
    : Type

type SubjectOf<Type extends CredentialType> = Flat<
  FromSchema<(typeof credentialSchemas)[Type]['properties']['credentialSubject']>
>

type ClaimsOf<Type extends CredentialType> = Flat<
  { readonly id: string } & {
    readonly [Name in keyof CredentialClaims[Type]]: CredentialClaims[Type][Name]
  }
>

describe('claim types', () => {
  it('are those of the schemas', () => {
    // The compiler checks these; at run time they do nothing.
    expectTypeOf<SubjectOf<'AgentCapabilityCredential'>>().toEqualTypeOf<
      ClaimsOf<'AgentCapabilityCredential'>
    >()
    expectTypeOf<SubjectOf<'AgentProvenanceCredential'>>().toEqualTypeOf<
      ClaimsOf<'AgentProvenanceCredential'>
    >()
    expectTypeOf<SubjectOf<'AgentScopeCredential'>>().toEqualTypeOf<ClaimsOf<'AgentScopeCredential'>>()
    expectTypeOf<SubjectOf<'AgentPostureCredential'>>().toEqualTypeOf<ClaimsOf<'AgentPostureCredential'>>()
    expectTypeOf<SubjectOf<'TrustDomainCredential'>>().toEqualTypeOf<ClaimsOf<'TrustDomainCredential'>>()
    expectTypeOf<SubjectOf<'OrganizationCredential'>>().toEqualTypeOf<ClaimsOf<'OrganizationCredential'>>()
    expectTypeOf<keyof CredentialClaims>().toEqualTypeOf<CredentialType>()
    expectTypeOf<keyof AgentCredentialClaims>().toEqualTypeOf<AgentCredentialType>()
  })

  it('would be told apart if they were others', () => {
    type Renamed = Omit<ClaimsOf<'AgentPostureCredential'>, 'region'> & { readonly regions: string }
    expectTypeOf<SubjectOf<'AgentPostureCredential'>>().not.toEqualTypeOf<Flat<Renamed>>()
    type Widened = Omit<ClaimsOf<'AgentPostureCredential'>, 'sandbox'> & { readonly sandbox: string }
    expectTypeOf<SubjectOf<'AgentPostureCredential'>>().not.toEqualTypeOf<Flat<Widened>>()
  })
})

describe('credentialSchemas', () => {
  it('has a schema of draft 2020-12 for each type, under an id of its own', () => {
    expect(Object.keys(credentialSchemas)).toEqual([...CREDENTIAL_TYPES])
    expect(CREDENTIAL_TYPES).toEqual([...AGENT_CREDENTIAL_TYPES, ...ORGANIZATION_CREDENTIAL_TYPES])
    for (const [type, schema] of Object.entries(credentialSchemas)) {
      expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
      expect(schema.$id).toBe(`urn:comity:schema:${type}:1`)
    }
  })

  it('is plain JSON that the validator has left alone', () => {
    expect(JSON.parse(JSON.stringify(credentialSchemas))).toEqual(credentialSchemas)
    expect(Object.getOwnPropertyNames(credentialSchemas.AgentPostureCredential)).toEqual(
      Object.keys(credentialSchemas.AgentPostureCredential),
    )
  })

  it('knows its types by exact name', () => {
    expect(isAgentCredentialType('AgentPostureCredential')).toBe(true)
    expect(isAgentCredentialType('agentPostureCredential')).toBe(false)
    expect(isAgentCredentialType('constructor')).toBe(false)
    expect(isAgentCredentialType('OrganizationCredential')).toBe(false)
    expect(isCredentialType('OrganizationCredential')).toBe(true)
    expect(isCredentialType('organizationCredential')).toBe(false)
    expect(isCredentialType('constructor')).toBe(false)
  })
})

describe('answersFor', () => {
  it.each([
    ['did:web:agents.acme.example:invoices', true],
    ['did:web:acme.example:agents:orders', true],
    ['did:web:acme.example', false],
    ['did:web:acme.example:', false],
    ['did:web:acme.example.evil.example:agents', false],
    ['did:web:acme.example%3A8443:agents', false],
    ['did:web:agents.acme.example', false],
    ['did:web:agents.acme.example:invoices:more', false],
    ['did:web:AGENTS.acme.example:invoices', false],
  ])('%s: %s', (agent, expected) => {
    expect(answersFor(ORGANIZATION, agent)).toBe(expected)
  })
})
