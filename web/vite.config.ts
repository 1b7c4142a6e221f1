import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.GUANXI ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/guanxi/web_dist",
    emptyOutDir: true,
    target: "es2022",
    // A data: URL would need its own line in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: server } } },
  preview: { proxy: { "/api": { target: server } } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
