/** What a shell says of a program that SIGPIPE ended: 128 and the signal's number. */
const ENDED_BY_SIGPIPE = 141

/**
 * Ends the program quietly when nobody reads its output any more, as after `comity demo | head`. Node ignores SIGPIPE, by
 * which other programs end then, and would print the error of the write with a stack.
 *
 * @param streams - Standard output and standard error.
 * @param exit - Ends the process at once, with an exit code.
 */
export function exitOnBrokenPipe(
  streams: readonly NodeJS.WriteStream[],
  exit: (code: number) => never,
): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') exit(ENDED_BY_SIGPIPE)
      throw error
    })
  }
}
