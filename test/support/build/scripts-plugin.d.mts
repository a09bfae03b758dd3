import type { Plugin } from "vite";
export function scripts(): Plugin;
