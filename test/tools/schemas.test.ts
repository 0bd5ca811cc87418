import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CREDENTIAL_TYPES, credentialSchemas } from '../../src/credentials/index.ts'
import { makeTree } from './tree.ts'

const program = fileURLToPath(new URL('../../tools/schemas.mjs', import.meta.url))

describe('tools/schemas.mjs', () => {
  it('writes each schema beside what was compiled, by type and version', () => {
    const folder = makeTree({
      'package.json': { type: 'module' },
      'credentials/agent-types.js': `export const credentialSchemas = ${JSON.stringify(credentialSchemas)}\n`,
    })
    const { status, stderr } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readdirSync(join(folder, 'schemas')).sort()).toEqual(
      CREDENTIAL_TYPES.map((type) => `${type}.1.json`).sort(),
    )
    for (const type of CREDENTIAL_TYPES) {
      const text = readFileSync(join(folder, 'schemas', `${type}.1.json`), 'utf8')
      expect(JSON.parse(text)).toEqual(credentialSchemas[type])
    }
  })

  it('fails where nothing was compiled', () => {
    const { status } = spawnSync(process.execPath, [program, makeTree({})], { encoding: 'utf8' })
    expect(status).not.toBe(0)
  })
})
