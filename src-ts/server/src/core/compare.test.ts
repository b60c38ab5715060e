import { expect, test, vi } from "vitest"

const compared = vi.hoisted(() => ({ lengths: [] as number[] }))
vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>()
  return {
    ...real,
    timingSafeEqual(a: NodeJS.ArrayBufferView, b: NodeJS.ArrayBufferView) {
      compared.lengths.push(a.byteLength, b.byteLength)
      return real.timingSafeEqual(a, b)
    },
  }
})

const { auth } = await import("./access.ts")

test("every guess costs the same comparisons, right or wrong", () => {
  const check = auth({ username: "kilo", password: "right-password", hostname: "127.0.0.1", cors: [] })
  const guess = (password: string) => {
    compared.lengths = []
    let inside = false
    const url = new URL(`http://kilo/?auth_token=${encodeURIComponent(btoa(`kilo:${password}`))}`)
    const response = { writeHead: () => response, end: () => response }
    check({ request: { headers: {} }, response, url } as unknown as Parameters<typeof check>[0], () => {
      inside = true
    })
    return { inside, lengths: compared.lengths }
  }
  const right = guess("right-password")
  expect(right).toEqual({ inside: true, lengths: [32, 32, 32, 32] })
  for (const password of ["", "r", "right-passwor", "right-passwore", "x".repeat(10_000)]) {
    expect(guess(password)).toEqual({ inside: false, lengths: right.lengths })
  }
})
