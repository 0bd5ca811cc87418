import { describe, expect, it } from 'vitest'
import { createFetchBudget } from '../../src/net/index.ts'
import { codeOf } from '../support/codes.ts'

describe('a budget', () => {
  it('counts requests and bytes down, and never below zero', () => {
    const budget = createFetchBudget({ requests: 2, bytes: 10, timeoutMs: 1000 })
    budget.takeRequest()
    budget.takeBytes(10)
    budget.takeBytes(0)
    expect([budget.requests, budget.bytes]).toEqual([1, 0])
    expect(codeOf(() => budget.takeBytes(1))).toBe('COMITY_NET_BUDGET')
    budget.takeRequest()
    expect(codeOf(() => budget.takeRequest())).toBe('COMITY_NET_BUDGET')
    expect([budget.requests, budget.bytes]).toEqual([0, 0])
  })

  it('ends with its time', () => {
    let now = 100
    const budget = createFetchBudget({ requests: 9, bytes: 9, timeoutMs: 1500, clock: { now: () => now } })
    expect(budget.remainingMs()).toBe(1500)
    now = 101
    expect(budget.remainingMs()).toBe(500)
    budget.takeRequest()
    now = 102
    expect(budget.remainingMs()).toBe(0)
    expect(codeOf(() => budget.takeRequest())).toBe('COMITY_NET_BUDGET')
  })

  it.each([-1, Number.NaN, Infinity])('cannot be made with %s', (bound) => {
    const good = { requests: 1, bytes: 1, timeoutMs: 1 }
    for (const name of ['requests', 'bytes', 'timeoutMs']) {
      expect(() => createFetchBudget({ ...good, [name]: bound })).toThrow(TypeError)
    }
  })
})
