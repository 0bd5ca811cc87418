import type { Gateway, ProtectedHandler } from '../../../gateway/index.ts'
import { matchInvoice, type Accounts } from '../invoice-matching.ts'

/**
 * Globex's invoice API: `GET /invoices/YYYY-MM`, `POST /invoices/ID/match`, `POST /invoices/ID/approve`, each
 * behind the gateway.
 *
 * @returns Undefined for any other path.
 */
export function globexApi(
  gateway: Gateway,
  accounts: Accounts,
): (request: Request) => Promise<Response | undefined> {
  const { invoices } = accounts
  const list: ProtectedHandler = (request) => {
    const period = new URL(request.url).pathname.split('/')[2]
    const found = [...invoices.values()].filter((invoice) => invoice.period === period)
    return json(found.map(({ id, order = '', total = '' }) => ({ id, order, total })))
  }
  const match: ProtectedHandler = (request) => {
    const invoice = invoices.get(new URL(request.url).pathname.split('/')[2] ?? '')
    return invoice === undefined
      ? json({ error: 'no such invoice' }, 404)
      : json(matchInvoice(invoice, accounts))
  }
  // Never reached in the demo: no agent is granted it.
  const approve: ProtectedHandler = () => json({ approved: true })

  const routes = [
    { method: 'GET', path: /^\/invoices\/\d{4}-\d{2}$/, action: 'read', handler: list },
    { method: 'POST', path: /^\/invoices\/[A-Z0-9-]+\/match$/, action: 'match', handler: match },
    { method: 'POST', path: /^\/invoices\/[A-Z0-9-]+\/approve$/, action: 'approve', handler: approve },
  ].map(({ method, path, action, handler }) => ({
    method,
    path,
    answer: gateway.protect({ type: 'invoices', action }, handler),
  }))

  return async (request) => {
    const { pathname } = new URL(request.url)
    const route = routes.find(({ method, path }) => method === request.method && path.test(pathname))
    return route?.answer(request)
  }
}

function json(body: unknown, status = 200): Promise<Response> {
  return Promise.resolve(Response.json(body, { status, headers: { 'cache-control': 'no-store' } }))
}
