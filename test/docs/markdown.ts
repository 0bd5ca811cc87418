import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** One fenced block of a page. */
export interface Block {
  /** The page, relative to the checkout. */
  readonly page: string
  /** The line of its first fence, from 1. */
  readonly line: number
  /** What the fence says it is, such as `ts`. */
  readonly language: string
  readonly text: string
}

/** A file that a page writes down, and what it prints, where the page says so. */
export interface Program {
  readonly name: string
  readonly block: Block
  readonly prints: string | undefined
}

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(`${ROOT}${page}`, 'utf8')
}

/** The pages of a folder, relative to the checkout. */
export function pagesIn(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`)
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string, text = readPage(page)): Block[] {
  const fences = /^```([a-z]*)\n([\s\S]*?)^```$/gm
  return [...text.matchAll(fences)].map(({ index, 1: language = '', 2: content = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language,
    text: content,
  }))
}

/**
 * The programs of a page: `ts` blocks that start with an import, comments before it not counted. A first line
 * `// name.ts` names the file. Where the next block is a `text` block, it is what the program prints.
 */
export function programsOf(page: string): Program[] {
  const blocks = blocksOf(page)
  return blocks.flatMap((block, index) => {
    if (block.language !== 'ts' || !/^(?:\/\/.*\n)*import /.test(block.text)) return []
    const name =
      /^\/\/ ([a-z-]+\.ts)\b/.exec(block.text)?.[1] ?? `${page.replaceAll(/\W/g, '-')}-${String(index)}.ts`
    const next = blocks[index + 1]
    return [{ name, block, prints: next?.language === 'text' ? next.text : undefined }]
  })
}

/**
 * What differs from run to run, masked: ports, identifiers of 128 random bits, dates, times and durations. All else
 * must be what the page says.
 */
export function mask(text: string): string {
  return text
    .replaceAll(/(localhost:|%3A)\d+/g, '$1PORT')
    .replaceAll(/urn:uuid:[0-9a-f-]{36}/g, 'ID')
    .replaceAll(/(?<![\w-])(?!COMITY_)[\w-]{22}(?![\w-])/g, 'ID')
    .replaceAll(/\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?(?!\d)/g, 'TIME')
    .replaceAll(/\d+(?:\.\d+)? ms/g, 'N ms')
    .trim()
}

/** The words of each command of a shell block: `&&` and line ends part commands, `#` starts a comment. */
export function commandsOf(shell: string): string[][] {
  return shell
    .replaceAll('\\\n', ' ')
    .split(/\n|&&/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map((line) => [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''))
}
