import { BAD_IDS } from './ids.ts'
import { bundlesOf, OTHER_DOMAIN, TRUST_DOMAIN, type JwtRecipe } from './jwt-recipe.ts'

/** Something that a token has, or that is wrong with it. */
export type JwtFeature = (recipe: JwtRecipe) => void

const withHeader =
  (header: Record<string, unknown>): JwtFeature =>
  (recipe) =>
    Object.assign(recipe.header, header)
const withClaims =
  (claims: Record<string, unknown>): JwtFeature =>
  (recipe) =>
    Object.assign(recipe.claims, claims)
const without =
  (part: 'header' | 'claims', name: string): JwtFeature =>
  (recipe) => {
    const { [name]: _gone, ...rest } = recipe[part]
    recipe[part] = rest
  }
/** A time so many seconds from now. */
const at =
  (claim: string, seconds: number): JwtFeature =>
  (recipe) => {
    recipe.claims[claim] = recipe.now + seconds
  }
const finish =
  (change: (token: string) => string): JwtFeature =>
  ({ finish: steps }) =>
    steps.push(change)
const part = (token: string, index: number): string => token.split('.')[index] ?? ''
const replacePart = (token: string, index: number, text: string): string =>
  token
    .split('.')
    .map((old, place) => (place === index ? text : old))
    .join('.')

/** What must not matter. */
export const GOOD_JWT_FEATURES: Readonly<Record<string, JwtFeature>> = {
  'no typ': without('header', 'typ'),
  'typ JOSE': withHeader({ typ: 'JOSE' }),
  'audience as text': withClaims({ aud: 'spiffe://org-b.test/gateway' }),
  'several audiences': withClaims({ aud: ['x', 'spiffe://org-b.test/gateway', 'y'] }),
  'several expected audiences': ({ audience }) => audience.unshift('another'),
  'no iat': without('claims', 'iat'),
  'nbf before': at('nbf', -600),
  'further claims': withClaims({ iss: 'https://a.test', jti: 'x', nested: { deep: [1, 'ü', null] } }),
  'sub without path': withClaims({ sub: `spiffe://${TRUST_DOMAIN}` }),
  'long sub': withClaims({ sub: `spiffe://${TRUST_DOMAIN}/${'a'.repeat(2000)}` }),
  'sub with odd segments': withClaims({ sub: `spiffe://${TRUST_DOMAIN}/.../.a/a./_-` }),
  'exp with fraction': (recipe) => (recipe.claims['exp'] = recipe.now + 100.5),
  'exp just past': at('exp', -30),
  'nbf just ahead': at('nbf', 30),
  'private header': withHeader({ private: 'x' }),
  'cty header': withHeader({ cty: 'x' }),
}

/** What is wrong, or was thought to be. */
export const BAD_JWT_FEATURES: Readonly<Record<string, JwtFeature>> = {
  'alg none': withHeader({ alg: 'none' }),
  'alg HS256': withHeader({ alg: 'HS256' }),
  'alg EdDSA': withHeader({ alg: 'EdDSA' }),
  'alg ES256K': withHeader({ alg: 'ES256K' }),
  'alg in lower case': (recipe) => (recipe.header['alg'] = String(recipe.header['alg']).toLowerCase()),
  'alg missing': without('header', 'alg'),
  'alg no text': withHeader({ alg: 256 }),
  'alg of another key': (recipe) =>
    (recipe.header['alg'] = recipe.signWith.kind === 'RSA' ? 'ES256' : 'RS256'),
  'alg of another curve': (recipe) =>
    (recipe.header['alg'] = recipe.header['alg'] === 'ES256' ? 'ES384' : 'ES256'),
  'kid missing': without('header', 'kid'),
  'kid empty': withHeader({ kid: '' }),
  'kid unknown': withHeader({ kid: 'nobody' }),
  'kid no text': withHeader({ kid: 7 }),
  'kid of the other trust domain': withHeader({ kid: 'other' }),
  'typ in lower case': withHeader({ typ: 'jwt' }),
  'typ at+jwt': withHeader({ typ: 'at+jwt' }),
  'typ wit+jwt': withHeader({ typ: 'wit+jwt' }),
  'typ empty': withHeader({ typ: '' }),
  'typ no text': withHeader({ typ: 1 }),
  'crit header': withHeader({ crit: ['exp'] }),
  'crit header empty': withHeader({ crit: [] }),
  'b64 header': withHeader({ b64: true }),
  'zip header': withHeader({ zip: 'DEF' }),
  'jku header': withHeader({ jku: 'https://a.test/jwks.json' }),
  'jwk header': (recipe) => (recipe.header['jwk'] = recipe.keys.stranger.jwk),
  'x5u header': withHeader({ x5u: 'https://a.test/x.pem' }),
  'x5c header': withHeader({ x5c: ['AAAA'] }),
  'sub missing': without('claims', 'sub'),
  'sub empty': withClaims({ sub: '' }),
  'sub no text': withClaims({ sub: 5 }),
  'sub null': withClaims({ sub: null }),
  'sub malformed': ({ claims, chance }) => (claims['sub'] = chance.pick(BAD_IDS)),
  'sub of the other trust domain': withClaims({ sub: `spiffe://${OTHER_DOMAIN}/agents/a` }),
  'sub of an unknown trust domain': withClaims({ sub: 'spiffe://nobody.test/agents/a' }),
  'sub too long': withClaims({ sub: `spiffe://${TRUST_DOMAIN}/${'a'.repeat(8500)}` }),
  'trust domain too long': withClaims({ sub: `spiffe://${'a'.repeat(256)}/x` }),
  'aud missing': without('claims', 'aud'),
  'aud empty list': withClaims({ aud: [] }),
  'aud empty text': withClaims({ aud: '' }),
  'aud null': withClaims({ aud: null }),
  'aud of another': withClaims({ aud: ['spiffe://org-b.test/Gateway', 'spiffe://org-b.test/gateway/'] }),
  'aud with a number': withClaims({ aud: ['spiffe://org-b.test/gateway', 1] }),
  'aud with an empty text': withClaims({ aud: ['spiffe://org-b.test/gateway', ''] }),
  'aud too many': withClaims({
    aud: ['spiffe://org-b.test/gateway', ...Array.from({ length: 70 }, (_, index) => `a${index}`)],
  }),
  'exp missing': without('claims', 'exp'),
  'exp null': withClaims({ exp: null }),
  'exp no number': (recipe) => (recipe.claims['exp'] = String(recipe.now + 3600)),
  'exp past': at('exp', -3600),
  'exp negative': withClaims({ exp: -1 }),
  'exp after the year 9999': withClaims({ exp: 1e12 }),
  'nbf ahead': at('nbf', 3600),
  'nbf no number': withClaims({ nbf: 'now' }),
  'iat ahead': at('iat', 3600),
  'iat no number': withClaims({ iat: true }),
  'signed by a stranger': (recipe) => {
    recipe.header['alg'] = 'ES256'
    recipe.header['kid'] = 'key-es256'
    recipe.signWith = recipe.keys.stranger
  },
  'signed by the other trust domain': (recipe) => {
    Object.assign(recipe.header, { alg: 'ES256', kid: 'other' })
    recipe.signWith = recipe.keys.other
  },
  'signed with a key of another use': (recipe) => {
    Object.assign(recipe.header, { alg: 'ES256', kid: 'misused' })
    recipe.signWith = recipe.keys.misused
  },
  'signature in DER': (recipe) => (recipe.isDerSignature = true),
  'salt of another length': (recipe) => (recipe.saltLength = 0),
  'signature empty': finish((token) => replacePart(token, 2, '')),
  'signature short': finish((token) => token.slice(0, -8)),
  'signature zero': finish((token) => replacePart(token, 2, 'A'.repeat(part(token, 2).length - 1) + 'A')),
  'signature of another token': (recipe) => {
    recipe.finish.push((token) =>
      replacePart(
        token,
        1,
        Buffer.from(JSON.stringify({ ...recipe.claims, jti: 'y' })).toString('base64url'),
      ),
    )
  },
  'no bundle': (recipe) => (recipe.bundles = {}),
  'bundle without keys': (recipe) => (recipe.bundles[TRUST_DOMAIN] = '{"keys":[]}'),
  'bundle without use': (recipe) => {
    const text = bundlesOf(recipe.keys)[TRUST_DOMAIN] ?? ''
    recipe.bundles[TRUST_DOMAIN] = text.replaceAll(/,"use":"jwt-svid"/g, '')
  },
  'bundle with a key of unknown kind': (recipe) => {
    const text = recipe.bundles[TRUST_DOMAIN] ?? ''
    recipe.bundles[TRUST_DOMAIN] = text.replace('[', '[{"kty":"FOO","kid":"foo","use":"jwt-svid"},')
  },
  'bundle with a kid twice': (recipe) => {
    const { stranger } = recipe.keys
    const text = recipe.bundles[TRUST_DOMAIN] ?? ''
    const key = JSON.stringify({ ...stranger.jwk, kid: recipe.header['kid'], use: 'jwt-svid' })
    recipe.bundles[TRUST_DOMAIN] = text.replace('[', `[${key},`)
  },
  'two parts': finish((token) => token.split('.').slice(0, 2).join('.')),
  'four parts': finish((token) => `${token}.AAAA`),
  'JSON serialization': finish((token) =>
    JSON.stringify({ protected: part(token, 0), payload: part(token, 1), signature: part(token, 2) }),
  ),
  'padding at the end': finish((token) => `${token}=`),
  'standard base64': finish((token) => token.replaceAll('-', '+').replaceAll('_', '/')),
  'blank before': finish((token) => ` ${token}`),
  'newline after': finish((token) => `${token}\n`),
  'newline within': finish((token) => `${token.slice(0, -6)}\n${token.slice(-6)}`),
  'spare bits set': finish((token) => setSpareBit(token)),
  'header with a member twice': (recipe) => {
    recipe.headerText = JSON.stringify(recipe.header).replace('{', '{"typ":"JWT",')
  },
  'payload with a member twice': (recipe) => {
    recipe.payloadText = JSON.stringify(recipe.claims).replace('{', '{"exp":1,')
  },
  'payload with a name in upper case': (recipe) => {
    const { exp, ...claims } = recipe.claims
    recipe.claims = { ...claims, EXP: exp }
  },
  'payload with a byte order mark': (recipe) =>
    (recipe.payloadText = `\u{feff}${JSON.stringify(recipe.claims)}`),
  'payload not UTF-8': (recipe) => {
    recipe.payloadText = Buffer.from(
      JSON.stringify({ ...recipe.claims, note: '\u{1}' }).replace('\\u0001', 'ÿ'),
      'latin1',
    )
  },
  'payload with more behind it': (recipe) => (recipe.payloadText = `${JSON.stringify(recipe.claims)}{}`),
  'payload no object': (recipe) => (recipe.payloadText = JSON.stringify([recipe.claims])),
  'payload nested deep': withClaims({ deep: JSON.parse('['.repeat(200) + ']'.repeat(200)) }),
  'too large': withClaims({ padding: 'x'.repeat(16_384) }),
  'a character changed': (recipe) => {
    const { chance } = recipe
    recipe.finish.push((token) => {
      const place = chance.below(token.length)
      const char = chance.pick([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='])
      return token[place] === char ? `${token}x` : token.slice(0, place) + char + token.slice(place + 1)
    })
  },
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Sets a bit of the last character of a part that has bits to spare, which decoders may drop. */
function setSpareBit(token: string): string {
  const index = [2, 1, 0].find((place) => part(token, place).length % 4 !== 0)
  if (index === undefined) return `${token}x`
  const text = part(token, index)
  const last = DIGITS.indexOf(text.slice(-1))
  return replacePart(token, index, text.slice(0, -1) + (DIGITS[last ^ 1] ?? ''))
}
