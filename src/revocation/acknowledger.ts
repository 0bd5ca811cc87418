/** Sends acknowledgements, one at a time; what was overtaken by a later one is not sent. */
export type Acknowledge = (id: string) => void

/**
 * Makes an acknowledger.
 *
 * A failure is reported and not repeated: the next acknowledgement covers it.
 *
 * @param send Sends one.
 * @param onError Is told of failures.
 */
export function createAcknowledger(
  send: (id: string) => Promise<void>,
  onError: (error: unknown) => void,
): Acknowledge {
  let latest: string | undefined
  let isSending = false

  const drain = async (): Promise<void> => {
    isSending = true
    while (latest !== undefined) {
      const id = latest
      latest = undefined
      await send(id).catch(onError)
    }
    isSending = false
  }

  return (id) => {
    latest = id
    if (!isSending) void drain()
  }
}
