/**
 * Writes the JSON Schemas of the credentials as files beside what was compiled, so that other languages can read them
 * and they can be put on a web server: `schemas/<type>.<version>.json`, as package.json exports them.
 *
 * node tools/schemas.mjs [folder that was compiled into, default dist]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './support/main.mjs'

const folder = resolve(process.argv[2] ?? join(ROOT, 'dist'))
// Not the whole area: this one file has nothing beneath it but the schemas.
const compiled = pathToFileURL(join(folder, 'credentials/agent-types.js')).href
const { credentialSchemas } = /** @type {typeof import('../src/credentials/agent-types.ts')} */ (
  await import(compiled)
)

mkdirSync(join(folder, 'schemas'), { recursive: true })
for (const schema of Object.values(credentialSchemas)) {
  const [type, version] = schema.$id.split(':').slice(-2)
  writeFileSync(join(folder, 'schemas', `${type}.${version}.json`), `${JSON.stringify(schema, null, 2)}\n`)
}
