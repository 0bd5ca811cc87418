/** Where a command's output goes. */
export interface ProgramOutput {
  /** Writes one line to standard output. */
  readonly write: (line: string) => void
  /** Writes one line to standard error. */
  readonly writeError: (line: string) => void
  /** Sets the exit code: 0 done, 1 refused or not found, 2 wrong usage, or a file that cannot be read. */
  readonly exit: (code: number) => void
}

/** A wrong call, or a folder that is not what it must be: told in one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Prints a result: as one JSON object, or as the lines that a person is shown. */
export function print(
  output: ProgramOutput,
  json: boolean,
  result: Readonly<Record<string, unknown>>,
  lines: readonly string[],
): void {
  if (json) output.write(JSON.stringify(result))
  else for (const line of lines) output.write(line)
}
