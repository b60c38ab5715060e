import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: [
      "src-ts/*/{src,test}/**/*.test.ts",
      "cli-bundle/**/*.test.ts",
      "openapi/**/*.test.ts",
      "scripts/**/*.test.mjs",
      "network/*.test.ts",
      // Minutes of cuts: `npm run test:network`.
      ...(process.env.KILO_NETWORK === "full" ? ["network/*.full.ts"] : []),
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
    sequence: { shuffle: true },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores: more workers only make the timing-sensitive tests wait for each other.
    maxWorkers: 2,
  },
})
