import { runProgram } from '../../src/cli/program.ts'

/** Runs the program in this process, and tells what it said and with which exit code. */
export async function comity(...words: string[]): Promise<{ code: number; output: string; errors: string }> {
  const [lines, errors]: [string[], string[]] = [[], []]
  let code = 0
  await runProgram(words, {
    write: (line) => lines.push(line),
    writeError: (line) => errors.push(line),
    exit: (next) => {
      code = next
    },
  })
  return { code, output: lines.join('\n'), errors: errors.join('\n') }
}
