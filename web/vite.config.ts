import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Declaration } from "postcss";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = process.env.GUANXI ?? "http://127.0.0.1:8000";

/** Lays a packed form beside each text, so that serving one costs nothing and it is packed as well as can be. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    writeBundle: ({ dir = "" }) => {
      const folder = join(dir, "assets");
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (!/\.(js|css|svg)$/.test(name) || statSync(path).size < 1024) continue;
        const text = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
      }
    },
  };
}

/** Files of script that the first screens run. */
const FIRST = ["index", "icons", "shared", "ListPage", "Today", "Board", "core.esm"];

/**
 * Most of what those files bring is called while the first screen is drawn: a hint, which a browser may leave unread, has it
 * compiled beside the page's own thread before it is needed, rather than on it, function by function.
 */
function eager(): Plugin {
  return {
    name: "eager",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle))
          if (file.type === "chunk" && FIRST.includes(file.name))
            file.code = `//# allFunctionsCalledOnLoad\n${file.code}`;
      },
    },
  };
}

/** Asks for the Latin face together with the scripts: words that are drawn twice would move what stands beside them. */
function early(): Plugin {
  return {
    name: "early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => /inter-latin-wght-normal.*\.woff2$/.test(name))
          .map((name) => ({
            tag: "link",
            attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href: `/${name}` },
            injectTo: "head" as const,
          })),
    },
  };
}

/** Weight 500 carries its stroke (`--medium` in tokens.css): most machines have Chinese in regular and bold, and nothing between. */
const medium = {
  postcssPlugin: "medium",
  Declaration: {
    "font-weight": (weight: Declaration) =>
      void weight.after({ prop: "-webkit-text-stroke-width", value: weight.value === "500" ? "var(--medium)" : "0" }),
  },
};

export default defineConfig({
  plugins: [react(), eager(), packed(), early()],
  css: { postcss: { plugins: [medium] } },
  resolve: {
    alias: [
      { find: /^\.\/useScrollLocker$/, replacement: fileURLToPath(new URL("src/ui/noScrollLock.ts", import.meta.url)) },
    ],
  },
  build: {
    outDir: "../src/guanxi/web_dist",
    emptyOutDir: true,
    // The weight that matters is what a screen fetches, which a test holds.
    chunkSizeWarningLimit: 4096,
    target: "es2022",
    // A data: URL would need its own line in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What most screens share would else be many small files, each of which is asked for.
        codeSplitting: {
          groups: [
            { name: "icons", test: /node_modules[\\/]lucide-react/ },
            { name: "shared", test: /src[\\/](api|fields|records|schema)[\\/]/, minShareCount: 5 },
            // So would a record and the settings: each file costs the time to ask for it, however small it is.
            { name: "draft", test: /src[\\/]records[\\/](FormDraft|RecordSave)/ },
            {
              name: "record",
              test: /src[\\/](schema[\\/]state|records[\\/](Composer|Follow|Mention|RecordFacts|RecordHeader|RecordPage\.module|RelatedLists|StagePath|Timeline|useAttach|useTimeline))/,
              includeDependenciesRecursively: false,
            },
            { name: "settings", test: /src[\\/]admin[\\/](admin\.module|changes|Section|Table|types|uses)/ },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": { target: server } } },
  preview: { proxy: { "/api": { target: server } } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
