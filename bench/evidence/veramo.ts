import { createAgent, type ICredentialPlugin, type IResolver, type TAgent } from '@veramo/core'
import { CredentialPlugin } from '@veramo/credential-w3c'
import { CredentialProviderJWT } from '@veramo/credential-jwt'
import { DIDResolverPlugin } from '@veramo/did-resolver'
import { Resolver } from 'did-resolver'
import { encodeBase64url, encodeUtf8 } from 'comity/encoding'
import type { DidResolver } from 'comity/did'
import { POSTURE, type KeyHolder } from './parties.ts'

/** What is used of did-jwt-vc, whose own declarations do not compile here. */
interface DidJwtVc {
  createVerifiableCredentialJwt(payload: object, issuer: JwtIssuer, options: object): Promise<string>
}

interface JwtIssuer {
  readonly did: string
  readonly alg: string
  readonly signer: (data: string | Uint8Array) => Promise<string>
}

// Not a literal, so that the compiler does not look for the declarations.
const DID_JWT_VC: string = 'did-jwt-vc'

/** A Veramo agent that verifies JWT credentials and resolves as Comity does, from memory. */
export function createVeramoVerifier(resolver: DidResolver): TAgent<ICredentialPlugin & IResolver> {
  const resolve = (did: string): ReturnType<DidResolver['resolve']> => resolver.resolve(did)
  return createAgent<ICredentialPlugin & IResolver>({
    plugins: [
      new CredentialPlugin([new CredentialProviderJWT()]),
      new DIDResolverPlugin({ resolver: new Resolver({ key: resolve }) }),
    ],
  })
}

/** A credential of the data model 1.1 as a JWT, by did-jwt-vc: neither Veramo nor that one knows 2.0. */
export async function issueVc1Jwt(issuer: KeyHolder, alg: string, subject: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const { createVerifiableCredentialJwt } = (await import(DID_JWT_VC)) as DidJwtVc
  const signing: JwtIssuer = {
    did: issuer.did,
    alg,
    signer: async (data) =>
      encodeBase64url(await issuer.signer.sign(typeof data === 'string' ? encodeUtf8(data) : data)),
  }
  return createVerifiableCredentialJwt(
    {
      sub: subject,
      nbf: now - 60,
      exp: now + 3600,
      vc: {
        '@context': ['https://www.w3.org/2018/credentials/v1'],
        type: ['VerifiableCredential', 'AgentPostureCredential'],
        credentialSubject: POSTURE,
      },
    },
    signing,
    { header: { alg, typ: 'JWT', kid: issuer.signer.kid } },
  )
}
