import { defineConfig } from "vite";

/** The console's files are served by the gateway under /console with a policy that forbids inline script and style. */
export default defineConfig({
  base: "/console/",
  root: import.meta.dirname,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // Nothing as data: address: the policy lets in files only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
});
