import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SOURCE } from '../../circuits/compile.mjs'
import hints from '../../fixtures/zk/hints.json' with { type: 'json' }

const LIBRARY = dirname(createRequire(import.meta.url).resolve('circomlib/circuits/poseidon.circom'))

interface Template {
  readonly hints: readonly string[]
  readonly uses: readonly string[]
}

/** The templates of a folder: which signals they set without a constraint, and which templates they use. */
async function templatesOf(folder: string): Promise<[string, Template][]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.circom') && !name.includes('_old'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) => {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    return [...code.matchAll(/template\s+(\w+)\s*\([^)]*\)\s*\{([\s\S]*?)^\}/gm)].map(
      ([, name, body]): [string, Template] => [
        name!,
        {
          hints: [...new Set([...body!.matchAll(/(\w+)(?:\[\w+\])?\s*<--/g)].map((match) => match[1]!))].sort(),
          uses: [...new Set([...body!.matchAll(/=\s*(\w+)\s*\(/g)].map((match) => match[1]!))],
        },
      ],
    )
  })
}

describe('hints: signals that a template sets without saying what they are', () => {
  it('are those in the fixture, each with the constraints that leave it one value', async () => {
    const templates = new Map([...(await templatesOf(LIBRARY)), ...(await templatesOf(SOURCE))])
    const reached = new Set(['Compliance'])
    for (const name of reached) for (const used of templates.get(name)?.uses ?? []) reached.add(used)
    const found = [...reached].flatMap((name) => (templates.get(name)?.hints ?? []).map((hint) => `${name}.${hint}`))
    expect(reached).toContain('MontgomeryAdd')
    expect(found.sort()).toEqual(hints.hints.map(({ signal }) => signal).sort())
  })
})
