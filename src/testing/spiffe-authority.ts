import './reflect.ts'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { SignJWT, exportJWK } from 'jose'
import { parseJsonObject } from '../encoding/index.ts'
import { randomId, systemClock, type Clock } from '../runtime/index.ts'
import {
  createTrustBundle,
  parseCertificate,
  parseTrustDomain,
  parseX509Svid,
  readAuthorityKey,
  spiffeIdOfPath,
  type JwtAuthority,
  type TrustBundle,
  type TrustDomain,
  type X509Svid,
} from '../spiffe/index.ts'

x509.cryptoProvider.set(webcrypto as Crypto)

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const
const SERVER_AND_CLIENT = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']
const HOUR = 3600
const DAY = 24 * HOUR
const REFRESH_HINT = 60

/** What a certificate that {@link SpiffeAuthority.issueX509Svid} makes has besides its SPIFFE ID. */
export interface IssueX509SvidOptions {
  /** Seconds from now until it ends. Defaults to an hour. */
  readonly lifetime?: number
  /** DNS names beside the URI. Defaults to none. */
  readonly dnsNames?: readonly string[]
  /**
   * Whether it has a Subject besides, as SPIRE's have. Without one its names are marked critical, as in Istio's. Defaults to
   * true.
   */
  readonly withSubject?: boolean
  /** Whether an intermediate authority, made for this certificate, stands between. Defaults to false. */
  readonly withIntermediate?: boolean
  /** What tells it from others of the workload. Defaults to nothing. */
  readonly hint?: string
}

/** What a token that {@link SpiffeAuthority.issueJwtSvid} makes says besides. */
export interface IssueJwtSvidOptions {
  /** Seconds from now until it ends. Defaults to five minutes. */
  readonly lifetime?: number
  /** Further claims. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The authority of a trust domain, for tests: it keeps its keys in memory and asks nobody who they are. */
export interface SpiffeAuthority {
  /** Its trust domain. */
  readonly trustDomain: TrustDomain
  /** The authorities as of now. Its sequence number grows with each change of them. */
  bundle(): TrustBundle
  /**
   * Issues an X.509-SVID.
   *
   * @param path - The path of the SPIFFE ID, such as `/agents/ledger`.
   */
  issueX509Svid(path: string, options?: IssueX509SvidOptions): Promise<X509Svid>
  /**
   * Issues a JWT-SVID.
   *
   * @param path - The path of the SPIFFE ID.
   * @param audience - Whom it is for.
   */
  issueJwtSvid(
    path: string,
    audience: string | readonly string[],
    options?: IssueJwtSvidOptions,
  ): Promise<string>
  /**
   * Makes the next authorities and puts them in the bundle, where there are none yet. They sign nothing until
   * {@link SpiffeAuthority.rotate}, so that whoever has the bundle by then can verify what they sign.
   */
  prepare(): Promise<void>
  /** Signs with the next authorities from now on, which it makes if none were prepared. The old ones stay in the bundle. */
  rotate(): Promise<void>
  /** Takes the authorities that do not sign any more out of the bundle. */
  dropOld(): void
}

interface Keys {
  readonly ca: CryptoKeyPair
  readonly root: x509.X509Certificate
  readonly tokens: CryptoKeyPair
  readonly authority: JwtAuthority
}

/**
 * Makes the authority of a trust domain.
 *
 * @param name - Of the trust domain, such as `acme.example`.
 * @param clock - Tells when certificates and tokens begin and end. Defaults to the system's.
 * @throws {VerificationError} `COMITY_SPIFFE_ID_INVALID` when the name is none.
 */
export async function createSpiffeAuthority(
  name: string,
  clock: Clock = systemClock,
): Promise<SpiffeAuthority> {
  const trustDomain = parseTrustDomain(name)
  let old: readonly Keys[] = []
  let signing = await createKeys(trustDomain, clock)
  let next: Keys | undefined
  let preparing: Promise<void> | undefined
  let sequence = 1n
  const published = (): readonly Keys[] => [...old, signing, ...(next === undefined ? [] : [next])]

  return {
    trustDomain,
    bundle: () =>
      createTrustBundle({
        trustDomain,
        x509Authorities: published().map(({ root }) => parseCertificate(new Uint8Array(root.rawData))),
        jwtAuthorities: published().map(({ authority }) => authority),
        sequence,
        refreshHint: REFRESH_HINT,
      }),
    issueX509Svid: (path, options = {}) => issueX509Svid(signing, trustDomain, path, options, clock),
    issueJwtSvid: (path, audience, options = {}) =>
      issueJwtSvid(signing, spiffeIdOfPath(trustDomain, path).uri, audience, options, clock),
    async prepare() {
      preparing ??= createKeys(trustDomain, clock).then((made) => {
        next = made
        sequence += 1n
      })
      await preparing
    },
    async rotate() {
      await preparing
      const made = next ?? (await createKeys(trustDomain, clock))
      if (made === next) next = preparing = undefined
      else sequence += 1n
      old = [...old, signing]
      signing = made
    },
    dropOld() {
      if (old.length > 0) sequence += 1n
      old = []
    },
  }
}

async function createKeys(trustDomain: TrustDomain, clock: Clock): Promise<Keys> {
  const [ca, tokens] = [await generateKeys(), await generateKeys()]
  const root = await x509.X509CertificateGenerator.create({
    ...(await authorityFields(trustDomain, ca.publicKey, clock)),
    issuer: [{ O: ['SPIFFE'], CN: [trustDomain.name] }],
    signingKey: ca.privateKey,
  })
  const key = readAuthorityKey(parseJsonObject(JSON.stringify(await exportJWK(tokens.publicKey))))
  if (key === undefined) throw new TypeError('a fresh key is not one for JWT-SVIDs')
  return { ca, root, tokens, authority: Object.freeze({ kid: randomId(), ...key }) }
}

async function authorityFields(
  trustDomain: TrustDomain,
  publicKey: CryptoKey,
  clock: Clock,
  signer: CryptoKey = publicKey,
) {
  return {
    serialNumber: serialNumber(),
    subject: [{ O: ['SPIFFE'], CN: [trustDomain.name] }],
    notBefore: dateIn(clock, -DAY),
    notAfter: dateIn(clock, 30 * DAY),
    signingAlgorithm: SIGNING,
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: trustDomain.uri }]),
      // All authorities of a trust domain have one name: by these OpenSSL finds the one that signed.
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signer),
    ],
  }
}

async function issueX509Svid(
  { ca, root }: Keys,
  trustDomain: TrustDomain,
  path: string,
  options: IssueX509SvidOptions,
  clock: Clock,
): Promise<X509Svid> {
  const { lifetime = HOUR, dnsNames = [], withSubject = true, withIntermediate = false, hint = '' } = options
  const keys = await generateKeys()
  const between = withIntermediate ? await generateKeys() : undefined
  const intermediate =
    between &&
    (await x509.X509CertificateGenerator.create({
      ...(await authorityFields(trustDomain, between.publicKey, clock, ca.publicKey)),
      subject: [{ O: ['SPIFFE'], CN: [`${trustDomain.name} intermediate`] }],
      issuer: root.subject,
      signingKey: ca.privateKey,
    }))
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: withSubject ? [{ O: ['SPIFFE'] }] : [],
    issuer: (intermediate ?? root).subject,
    notBefore: dateIn(clock, -10),
    notAfter: dateIn(clock, lifetime),
    publicKey: keys.publicKey,
    signingKey: (between ?? ca).privateKey,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(SERVER_AND_CLIENT),
      await x509.AuthorityKeyIdentifierExtension.create((between ?? ca).publicKey),
      new x509.SubjectAlternativeNameExtension(
        [
          { type: 'url', value: spiffeIdOfPath(trustDomain, path).uri },
          ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ],
        // What names nobody elsewhere must be understood here.
        !withSubject,
      ),
    ],
  })
  const chain = Buffer.concat(
    [leaf, ...(intermediate ? [intermediate] : [])].map(({ rawData }) => Buffer.from(rawData)),
  )
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return parseX509Svid(new Uint8Array(chain), new Uint8Array(privateKey), hint)
}

async function issueJwtSvid(
  { tokens, authority }: Keys,
  subject: string,
  audience: string | readonly string[],
  { lifetime = 5 * 60, claims = {} }: IssueJwtSvidOptions,
  clock: Clock,
): Promise<string> {
  const now = Math.floor(clock.now())
  return new SignJWT({
    ...claims,
    sub: subject,
    aud: typeof audience === 'string' ? [audience] : [...audience],
  })
    .setProtectedHeader({ alg: 'ES256', kid: authority.kid, typ: 'JWT' })
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime)
    .sign(tokens.privateKey)
}

function generateKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
}

function dateIn(clock: Clock, seconds: number): Date {
  return new Date(Math.floor(clock.now() + seconds) * 1000)
}

function serialNumber(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString('hex')}`
}
